# SPDX-License-Identifier: Apache-2.0
"""A row of side_by_side in OpenVINO GenAI: prints {"figure": tokens a second}, the median of a few runs."""
import argparse
import json
import statistics
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="GGUF file")
    parser.add_argument("--prompt", type=int, default=0, help="tokens to read; 0: decoding is timed")
    parser.add_argument("--predict", type=int, default=128, help="tokens to decode")
    parser.add_argument("--sequences", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main():
    options = arguments()
    import numpy as np
    import openvino
    import openvino_genai

    pipeline = openvino_genai.LLMPipeline(options.model, "CPU", {
        "INFERENCE_NUM_THREADS": options.threads, "INFERENCE_PRECISION_HINT": "bf16"})
    random = np.random.default_rng(0)

    def seconds(prompt, predict):
        config = openvino_genai.GenerationConfig()
        config.max_new_tokens, config.ignore_eos, config.do_sample = predict, True, False
        # Another prompt each time, since prefixes are kept.
        ids = np.repeat(random.integers(1000, 40000, prompt)[None], options.sequences, 0).astype(np.int64)
        inputs = openvino_genai.TokenizedInputs(openvino.Tensor(ids), openvino.Tensor(np.ones_like(ids)))
        started = time.perf_counter()
        pipeline.generate(inputs, config)
        return time.perf_counter() - started

    def median(prompt, predict):
        return statistics.median(seconds(prompt, predict) for _ in range(options.runs))

    seconds(max(8, options.prompt), 2)
    if options.prompt:
        rate = options.sequences * options.prompt / median(options.prompt, 1)
    else:
        rate = options.sequences * options.predict / (median(8, options.predict + 1) - median(8, 1))
    print(json.dumps({"figure": rate}))


if __name__ == "__main__":
    main()
