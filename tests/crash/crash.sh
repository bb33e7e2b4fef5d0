#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kills trainings at random moments; what the resumed ones end with must be, to the last bit, what an undisturbed one does.
#
#   crash.sh train GRAFT MODEL DATA METHOD OPTIMIZER OUT    trains into the folder OUT, or goes on there
#   crash.sh digest OUT                                     one line for the result and the last checkpoint
#   crash.sh loop GRAFT MODEL DATA KILLS METHOD …           each method with each of $OPTIMIZERS (all), killed so many times
set -eu

optimizers="${OPTIMIZERS:-adamw amsgrad adam sgd rmsprop adagrad adafactor lion muon adamw_8bit}"

# The settings that give an optimizer all kinds of state that it can have.
settings_of() {
  case $1 in
    amsgrad) echo "optimizer=adamw optimizer.amsgrad=true" ;;
    sgd) echo "optimizer=sgd optimizer.momentum=0.9 optimizer.nesterov=true" ;;
    rmsprop) echo "optimizer=rmsprop optimizer.momentum=0.5 optimizer.centered=true" ;;
    adafactor) echo "optimizer=adafactor optimizer.beta1=0.9" ;;
    *) echo "optimizer=$1" ;;
  esac
}

# exec: who kills this process kills the training.
train() {
  method=""
  [ "$4" != lora ] || method="rank=8 dropout=0.1"
  [ "$4" != adalora ] || method="initial_rank=6 target_rank=2 rank_warmup_steps=4 rank_final_steps=8 interval=2"
  exec "$1" train -m "$2" --data "$3" --held-out-share 0.2 --method "$4" -o "$6/result" --json checkpoints="$6/checkpoints" \
    checkpoint_every=1 evaluate_every=7 epochs=100 max_steps=40 batch=4 max_length=24 learning_rate=0.001 ema_decay=0.9 \
    seed=7 $method $(settings_of "$5")
}

# What a run tells of its duration is left out, and what a killed process has left beside the files that it wrote.
digest() {
  cd "$1"
  last=$(ls -d checkpoints/step-* | sort -t- -k2n | tail -n 1)
  { echo "$last"; find result -type f ! -name '*.tmp' | sort | xargs cat; cat "$last/state.safetensors"; grep -v '"seconds"' "$last/run.json"; } | sha256sum
}

now() { date +%s%N; }

# A random share of so many nanoseconds, in seconds.
random_share() { awk -v all="$1" -v random="$(od -An -N4 -tu4 /dev/urandom)" 'BEGIN { print all / 1e9 * random / 4294967296 }'; }

# kill_and_compare KILLS GRAFT MODEL DATA METHOD OPTIMIZER
kill_and_compare() {
  kills=$1; shift
  began=$(now)
  "$0" train "$@" "$work/calm" > "$work/log" || { cat "$work/log"; return 1; }
  length=$(($(now) - began))
  expected=$("$0" digest "$work/calm")
  done=0
  while [ $done -lt "$kills" ]; do
    status=0
    timeout -s KILL "$(random_share $length)" "$0" train "$@" "$work/killed" > "$work/log" 2>&1 || status=$?
    case $status in
      0) compare || return 1; rm -rf "$work/killed" ;;
      137) done=$((done + 1)) ;;
      *) cat "$work/log"; return 1 ;;
    esac
  done
  "$0" train "$@" "$work/killed" > "$work/log" 2>&1 || { cat "$work/log"; return 1; }
  compare || return 1
  rm -rf "$work/calm" "$work/killed"
  echo "$4 $5: $kills kills, identical"
}

compare() {
  [ "$("$0" digest "$work/killed")" = "$expected" ] || { echo "the resumed run ends with other bits"; return 1; }
}

loop() {
  graft=$1 model=$2 data=$3 count=$4; shift 4
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  for method in "$@"; do
    for optimizer in $optimizers; do kill_and_compare "$count" "$graft" "$model" "$data" "$method" "$optimizer"; done
  done
}

command=$1; shift
case $command in
  train | digest | loop) "$command" "$@" ;;
  *) echo "crash.sh: found \"$command\", expected train, digest or loop" >&2; exit 2 ;;
esac
