# SPDX-License-Identifier: Apache-2.0
"""A row of side_by_side in OpenVINO: prints {"figure": tokens a second} of embedding texts, sorted by length, 32 at once.

The texts are those of `graft bench --embed`: 8 to 128 tokens that mean nothing.
"""
import argparse
import json
import statistics
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="Hugging Face folder of an encoder")
    parser.add_argument("--sequences", type=int, default=512)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def network(options):
    import openvino
    import torch
    import transformers

    encoder = transformers.AutoModel.from_pretrained(options.model, dtype=torch.float32, attn_implementation="eager").eval()

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids, attention_mask):
            return self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    example = torch.ones(2, 16, dtype=torch.long)
    model = openvino.convert_model(Encoder(), example_input=(example, example))
    return openvino.Core().compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": options.threads, "INFERENCE_PRECISION_HINT": "bf16"})


def batches(options):
    import numpy as np

    lengths = sorted((8 + i * 37 % 121 for i in range(options.sequences)), reverse=True)
    for first in range(0, len(lengths), options.batch):
        part = lengths[first:first + options.batch]
        mask = (np.arange(part[0])[None] < np.array(part)[:, None]).astype(np.int64)
        yield np.random.default_rng(first).integers(1000, 20000, mask.shape) * mask, mask


def main():
    options = arguments()
    import numpy as np

    compiled, inputs = network(options), list(batches(options))

    def seconds():
        started = time.perf_counter()
        for ids, mask in inputs:
            hidden = compiled([ids, mask])[0]
            mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
            mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        return time.perf_counter() - started

    seconds()
    tokens = sum(int(mask.sum()) for _, mask in inputs)
    print(json.dumps({"figure": tokens / statistics.median(seconds() for _ in range(options.runs))}))


if __name__ == "__main__":
    main()
