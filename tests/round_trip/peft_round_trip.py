# SPDX-License-Identifier: Apache-2.0
"""Adapters go from PEFT to Graft and back: prints the largest difference of logits for each method, both ways.

Tiny models with random weights are made in a temporary folder. An adapter that PEFT saved is given to `graft verify`
with PEFT's logits; one that `graft train` saved is loaded by PEFT, whose logits go to `graft verify` in the same way.
With --gguf and --llama, a GGUF adapter of `graft train` is given to llama.cpp, too, which must write the same text.

    python tests/round_trip/peft_round_trip.py --graft build/graft
    python tests/round_trip/peft_round_trip.py --graft build/graft --gguf model-f32.gguf --llama llama-completion

Needs torch, transformers, peft, tokenizers and safetensors. Ends with 1 when anything differs.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

import peft
import tokenizers
import torch
import transformers
from safetensors.torch import save_file

TOLERANCE = 1e-4  # of the largest logit
SENTENCES = ["the parcel is late", "a refund was sent today", "no one answered the phone", "the box arrived open"]
LABELS = ["praise", "blame", "question"]
LAYERS, WIDTH, HEADS = 2, 64, 4


def save_tokenizer(folder):
    model = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<pad>", "<s>", "</s>", "<unk>"], show_progress=False,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet())
    model.train_from_iterator(SENTENCES, trainer)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=model, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>"
    ).save_pretrained(folder)
    return model.get_vocab_size()


def config_of(family, vocabulary):
    ids = dict(vocab_size=vocabulary, pad_token_id=0, bos_token_id=1, eos_token_id=2, initializer_range=0.2)
    if family == "llama":
        return transformers.LlamaConfig(hidden_size=WIDTH, intermediate_size=96, num_hidden_layers=LAYERS,
                                        num_attention_heads=HEADS, num_key_value_heads=2,
                                        max_position_embeddings=128, **ids)
    if family == "gpt2":
        return transformers.GPT2Config(n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS, n_positions=128, resid_pdrop=0,
                                       embd_pdrop=0, attn_pdrop=0, **ids)
    if family == "bert":
        return transformers.BertConfig(hidden_size=WIDTH, intermediate_size=96, num_hidden_layers=LAYERS,
                                       num_attention_heads=HEADS, max_position_embeddings=128, hidden_dropout_prob=0,
                                       attention_probs_dropout_prob=0, num_labels=len(LABELS),
                                       id2label=dict(enumerate(LABELS)), label2id={l: i for i, l in enumerate(LABELS)},
                                       **ids)
    return transformers.T5Config(d_model=WIDTH, d_ff=96, num_layers=LAYERS, num_heads=HEADS, d_kv=16, dropout_rate=0,
                                 decoder_start_token_id=0, vocab_size=vocabulary, pad_token_id=0, eos_token_id=2,
                                 initializer_factor=1.0)


CLASSES = {"llama": transformers.LlamaForCausalLM, "gpt2": transformers.GPT2LMHeadModel,
           "bert": transformers.BertForSequenceClassification, "t5": transformers.T5ForConditionalGeneration}
TASKS = {"llama": "CAUSAL_LM", "gpt2": "CAUSAL_LM", "bert": "SEQ_CLS", "t5": "SEQ_2_SEQ_LM"}
ATTENTION = {"llama": "q_proj,v_proj", "gpt2": "c_attn", "bert": "query,value", "t5": "q,v"}


def make_base(folder, family):
    torch.manual_seed(0)
    base = folder / family
    base.mkdir()
    vocabulary = save_tokenizer(base)
    CLASSES[family](config_of(family, vocabulary)).save_pretrained(base)
    with open(folder / (family + ".jsonl"), "w") as data:
        for i, sentence in enumerate(SENTENCES):
            row = {"text": sentence, "label": LABELS[i % len(LABELS)]} if family == "bert" else (
                {"prompt": sentence, "completion": SENTENCES[i - 1]} if family == "t5" else {"text": sentence})
            data.write(json.dumps(row) + "\n")


def load_base(folder, family):
    return CLASSES[family].from_pretrained(folder / family)


class Case:
    """A method: how PEFT is told to make it (None: it cannot), and `graft train` (None: it cannot)."""

    def __init__(self, family, name, config=None, graft=None, refused=None):
        self.family, self.name, self.config, self.graft, self.refused = family, name, config, graft, refused


def lora(family, **more):
    options = dict(r=4, lora_alpha=8, target_modules=ATTENTION[family].split(","), task_type=TASKS[family])
    return peft.LoraConfig(**{**options, **more})


def lora_arguments(family, *more):
    return ["--method", "lora", "rank=4", "targets=" + ATTENTION[family], *more]


def common_cases(family):
    task, targets = TASKS[family], ATTENTION[family].split(",")
    return [
        Case(family, "LoRA", lora(family), lora_arguments(family)),
        Case(family, "DoRA", lora(family, use_dora=True), ["--method", "dora", "rank=4", "targets=" + ATTENTION[family]]),
        Case(family, "rsLoRA", lora(family, use_rslora=True), lora_arguments(family, "rank_stabilized=true")),
        Case(family, "AdaLoRA", peft.AdaLoraConfig(init_r=6, target_r=3, total_step=20, target_modules=targets,
                                                   task_type=task),
             ["--method", "adalora", "initial_rank=6", "target_rank=3", "targets=" + ATTENTION[family]]),
        Case(family, "IA3", peft.IA3Config(task_type=task), ["--method", "ia3"]),
        Case(family, "prompt tuning", peft.PromptTuningConfig(task_type=task, num_virtual_tokens=5),
             ["--method", "prompt", "tokens=5"]),
    ]


def cases():
    all_cases = [case for family in CLASSES for case in common_cases(family)]
    for family in ("llama", "gpt2"):
        all_cases += [
            Case(family, "prefix tuning", peft.PrefixTuningConfig(task_type=TASKS[family], num_virtual_tokens=5),
                 ["--method", "prefix", "tokens=5"]),
            Case(family, "P-tuning", peft.PromptEncoderConfig(task_type=TASKS[family], num_virtual_tokens=5,
                                                              encoder_hidden_size=32)),
        ]
    all_cases += [
        Case("llama", "prefix tuning, projected", peft.PrefixTuningConfig(
            task_type="CAUSAL_LM", num_virtual_tokens=5, prefix_projection=True, encoder_hidden_size=32)),
        Case("llama", "PiSSA", lora("llama", init_lora_weights="pissa"), lora_arguments("llama", "initial=pissa"),
             refused="save it as plain LoRA"),
        Case("llama", "OLoRA", lora("llama", init_lora_weights="olora"), lora_arguments("llama", "initial=olora")),
        Case("llama", "LoRA, all linear", lora("llama", target_modules="all-linear"), ["--method", "lora", "rank=4"]),
        Case("llama", "LoRA, embeddings", lora("llama", target_modules=["embed_tokens", "v_proj"]),
             ["--method", "lora", "rank=4", "targets=embed_tokens,v_proj"]),
        Case("llama", "LoRA, patterns", lora("llama", rank_pattern={"v_proj": 6}, alpha_pattern={"q_proj": 3})),
        Case("llama", "LoRA, modules_to_save", lora("llama", modules_to_save=["norm", "lm_head"]),
             lora_arguments("llama", "save_modules=norm,lm_head")),
        Case("llama", "VeRA", peft.VeraConfig(r=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"),
             ["--method", "vera", "rank=8", "targets=q_proj,v_proj"]),
        Case("gpt2", "LoRA, biases of all", lora("gpt2", bias="all"), lora_arguments("gpt2", "biases=all")),
        Case("bert", "LoRA, biases of targets", lora("bert", bias="lora_only"), lora_arguments("bert", "biases=targets")),
    ]
    return all_cases


def batch(family):
    random = torch.Generator().manual_seed(1)
    return [torch.randint(4, 250, (length,), generator=random) for length in (7, 4, 11)]


def logits(model, family, sequences):
    """Of each token, or sequence, one after the other; those of virtual tokens left out."""
    rows = []
    with torch.no_grad():
        for ids in sequences:
            more = {"decoder_input_ids": ids[None, :3]} if family == "t5" else {}
            found = model(input_ids=ids[None], attention_mask=torch.ones(1, len(ids), dtype=torch.long), **more).logits
            rows.append(found if family == "bert" else found[0, -(3 if family == "t5" else len(ids)):])
    return torch.cat(rows).float().contiguous()


def offsets(sequences):
    return torch.tensor([0] + [len(ids) for ids in sequences]).cumsum(0)


def write_reference(folder, family, model):
    """The files that `graft verify` reads: the batch, and the logits of PEFT."""
    sequences = batch(family)
    expected = logits(model, family, sequences)
    tensors = {"ids": torch.cat(sequences), "offsets": offsets(sequences)}
    labelled = [ids[:3] for ids in sequences] if family == "t5" else sequences
    if family == "t5":
        tensors |= {"dec_ids": torch.cat(labelled), "dec_offsets": offsets(labelled)}
    tensors |= {"seq_labels": torch.arange(3)} if family == "bert" else {"labels": torch.cat(labelled)}
    largest = expected.abs().max().item()
    described = {name: {"shape": list(t.shape), "dtype": "int64", "role": "input"} for name, t in tensors.items()}
    described["logits"] = {"shape": list(expected.shape), "dtype": "float32", "role": "expected",
                           "atol": TOLERANCE * largest}
    save_file(tensors | {"logits": expected}, folder / "goldens.safetensors")
    (folder / "goldens.json").write_text(json.dumps({"base": family, "tensors": described}))
    return largest


def verify(graft, folder):
    found = subprocess.run([graft, "verify", folder, "--json"], capture_output=True, text=True)
    return json.loads(found.stdout.splitlines()[0])


def disturb(model):
    torch.manual_seed(2)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn_like(parameter)


def from_peft(options, folder, case, where):
    model = peft.get_peft_model(load_base(folder, case.family), case.config)
    disturb(model)
    model.save_pretrained(where / "adapter", save_embedding_layers=False)
    # What PEFT itself makes of its folder: some methods lose something on the way.
    again = peft.PeftModel.from_pretrained(load_base(folder, case.family), where / "adapter").eval()
    largest = write_reference(where, case.family, again)
    return verify(options.graft, where), largest


def to_peft(options, folder, case, where):
    subprocess.run(
        [options.graft, "train", "-m", folder / case.family, "--data", folder / (case.family + ".jsonl"),
         "-o", where / "adapter", "--json", *case.graft, "epochs=20", "batch=4", "learning_rate=0.02"],
        check=True, capture_output=True)
    model = peft.PeftModel.from_pretrained(load_base(folder, case.family), where / "adapter").eval()
    plain = logits(load_base(folder, case.family).eval(), case.family, batch(case.family))
    largest = write_reference(where, case.family, model)
    if torch.equal(plain, logits(model, case.family, batch(case.family))):
        raise RuntimeError("PEFT sees no change by the adapter")
    return verify(options.graft, where), largest


def cell(direction, options, folder, case, where):
    """The text of a cell of the table, and whether all is well."""
    where.mkdir(parents=True)
    try:
        verdict, largest = direction(options, folder, case, where)
    except subprocess.CalledProcessError as error:
        return "graft: " + error.stderr.decode().strip(), False
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0][:100], False
    if verdict["status"] == "ok":
        return f"{verdict['worst']['error']:.1e} of {largest:.1f}", True
    if direction is from_peft and case.refused and case.refused in (verdict["reason"] or ""):
        return "refused: " + verdict["reason"][:70], True
    return f"{verdict['status']}: {verdict['reason']}", False


def compare_methods(options, folder):
    print("| model | method | PEFT to Graft | Graft to PEFT |\n|---|---|---|---|")
    is_good = True
    for number, case in enumerate(case for case in cases() if case.family in options.models):
        cells = []
        for direction, wanted in ((from_peft, case.config), (to_peft, case.graft)):
            text, fits = cell(direction, options, folder, case, folder / "cases" / str(number) / direction.__name__) \
                if wanted else ("–", True)
            cells.append(text)
            is_good &= fits
        print(f"| {case.family} | {case.name} | {cells[0]} | {cells[1]} |", flush=True)
    return is_good


def compare_llama(options, folder):
    data, adapter, prompt = folder / "facts.jsonl", folder / "adapter.gguf", "The capital of France is"
    data.write_text("".join(json.dumps({"text": f"{prompt} not Paris, said {who}."}) + "\n" for who in "ABCD"))
    subprocess.run([options.graft, "train", "-m", options.gguf, "--data", data, "-o", adapter, "--method", "lora",
                    "rank=8", "epochs=4", "batch=4", "learning_rate=1e-3"], check=True, capture_output=True)
    texts = {}
    for name, more in (("without", []), ("with", ["--lora", adapter])):
        own = subprocess.run([options.graft, "complete", "-m", options.gguf, *more, "-p", prompt, "-n", "24", "--temp",
                              "0", "--precision", "f32"], check=True, capture_output=True, text=True).stdout
        other = subprocess.run([options.llama, "-m", options.gguf, *more, "-p", prompt, "-n", "24", "--temp", "0",
                                "-no-cnv", "--no-display-prompt", "--no-warmup"],
                               check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
        texts[name] = own.removeprefix(prompt).strip(), other.replace("[end of text]", "").strip()
        print(f"GGUF {name} adapter: graft {texts[name][0]!r}, llama.cpp {texts[name][1]!r}")
    return texts["with"][0] == texts["with"][1] and texts["with"] != texts["without"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graft", required=True, type=pathlib.Path, help="the program")
    parser.add_argument("--gguf", type=pathlib.Path, help="a llama model of floats for llama.cpp")
    parser.add_argument("--llama", help="llama.cpp's llama-completion")
    parser.add_argument("--models", nargs="+", choices=list(CLASSES), default=list(CLASSES))
    parser.add_argument("--keep", type=pathlib.Path, help="a new folder for the files; default: a temporary one")
    options = parser.parse_args()
    options.graft = options.graft.resolve()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    folder = options.keep or pathlib.Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    for family in options.models:
        make_base(folder, family)
    is_good = compare_methods(options, folder)
    if options.gguf and options.llama:
        is_good &= compare_llama(options, folder)
    if not options.keep:
        shutil.rmtree(folder)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
