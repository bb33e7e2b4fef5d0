# SPDX-License-Identifier: Apache-2.0
"""The training step of side_by_side in PyTorch: prints {"figure": tokens a second}, the median of a few steps."""
import argparse
import json
import statistics
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="Hugging Face folder")
    parser.add_argument("--job", choices=["lora", "full"], default="lora")
    parser.add_argument("--dtype", choices=["bf16", "f32"], default="bf16")
    parser.add_argument("--shape", choices=["full", "ragged"], default="full")
    parser.add_argument("--sequences", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--compile", action="store_true")
    return parser.parse_args()


def load(options):
    import torch
    import transformers

    dtype = torch.bfloat16 if options.dtype == "bf16" else torch.float32
    model = transformers.AutoModelForCausalLM.from_pretrained(options.model, dtype=dtype, attn_implementation="sdpa")
    model.config.use_cache = False
    if options.job == "lora":
        import peft

        model = peft.get_peft_model(model, peft.LoraConfig(
            r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"), autocast_adapter_dtype=False)
    return model.to(options.device).train()


def batch(options, vocabulary):
    """Token ids and labels, padded on the right; ragged lengths go from an eighth of the tokens up to all of them."""
    import torch

    shortest = options.tokens // 8 if options.shape == "ragged" else options.tokens
    lengths = [shortest + (options.tokens - shortest) * (i * 5 % 8) // 7 for i in range(options.sequences)]
    ids = torch.randint(1000, vocabulary - 1, (options.sequences, options.tokens), generator=torch.Generator().manual_seed(1))
    mask = torch.arange(options.tokens)[None] < torch.tensor(lengths)[:, None]
    inputs = {"input_ids": ids, "labels": ids.masked_fill(~mask, -100)}
    if options.shape == "ragged":
        inputs["attention_mask"] = mask.long()
    return {name: value.to(options.device) for name, value in inputs.items()}, sum(lengths)


def main():
    options = arguments()
    import torch

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = load(options)
    inputs, tokens = batch(options, model.config.vocab_size)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, fused=True)
    forward = torch.compile(model) if options.compile else model

    def step():
        started = time.perf_counter()
        forward(**inputs).loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if options.device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - started

    step()
    print(json.dumps({"figure": tokens / statistics.median(step() for _ in range(options.steps))}))


if __name__ == "__main__":
    main()
