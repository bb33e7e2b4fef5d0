#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the golden folder of one family from its config, with transformers.

  make_golden.py CONFIG.json FOLDER [--seed N]

CONFIG.json is a config.json with "architectures": a small one, of a model with random weights. FOLDER gets what
`graft verify` reads: config.json, model.safetensors, goldens.safetensors and goldens.json. The inputs are three
sequences of different lengths, each run alone, packed one behind the other. Needs torch, transformers, safetensors.
"""
import argparse
import json
import os

import torch
import transformers
from safetensors.torch import save_file

LENGTHS = (13, 5, 21)
DECODER_LENGTHS = (7, 4, 9)
GENERATED = 12


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def make_model(path, seed):
    """The model with weights large enough that every part of it shows in the outputs."""
    with open(path) as file:
        given = json.load(file)
    torch.manual_seed(seed)
    config = transformers.AutoConfig.for_model(**given)
    config._attn_implementation = "eager"
    model = getattr(transformers, given["architectures"][0])(config).float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            scale = 0.15 if parameter.ndim > 1 else 0.1
            parameter.add_(torch.randn_like(parameter) * scale)
    return model


def cut(values, lengths):
    return torch.split(values, list(lengths))


class Golden:
    """Inputs, outputs and losses of one model in one precision."""

    def __init__(self, model, seed):
        self.model = model
        self.kind = type(model).__name__
        config = model.config
        self.encodes_and_decodes = config.is_encoder_decoder
        generator = torch.Generator().manual_seed(seed + 1)
        draw = lambda low, high, shape: torch.randint(low, high, shape, generator=generator)
        total = sum(LENGTHS)
        self.tensors = {"ids": draw(3, config.vocab_size, (total,)), "offsets": self.offsets(LENGTHS)}
        self.meaning = {"ids": "token ids, packed", "offsets": "where each sequence begins, and the end"}
        if getattr(config, "type_vocab_size", 0) > 1 and not self.encodes_and_decodes:
            types = torch.cat([(torch.arange(n) >= (n + 1) // 2).long() for n in LENGTHS])
            self.add("token_types", types, "0: first text, 1: second text")
        lengths = DECODER_LENGTHS if self.encodes_and_decodes else LENGTHS
        if self.encodes_and_decodes:
            self.add("dec_ids", draw(3, config.vocab_size, (sum(lengths),)), "what the decoder reads, packed")
            self.add("dec_offsets", self.offsets(lengths), "where each sequence of it begins, and the end")
        self.lengths = lengths
        self.add_targets(draw, sum(lengths))

    @staticmethod
    def offsets(lengths):
        return torch.tensor([sum(lengths[:i]) for i in range(len(lengths) + 1)])

    def add(self, name, values, meaning):
        self.tensors[name], self.meaning[name] = values, meaning

    def add_targets(self, draw, total):
        config, kind = self.model.config, self.kind
        if "SequenceClassification" in kind:
            if config.problem_type == "multi_label_classification":
                labels = draw(0, 2, (len(LENGTHS), config.num_labels)).float()
            elif config.num_labels == 1:
                labels = draw(0, 100, (len(LENGTHS),)) / 50.0
            else:
                labels = draw(0, config.num_labels, (len(LENGTHS),))
            self.add("seq_labels", labels, "of each sequence")
        elif "QuestionAnswering" in kind:
            limit = torch.tensor(LENGTHS)
            start = draw(0, 10**6, (len(LENGTHS),)) % limit
            self.add("start", start, "first token of the answer, in its sequence")
            self.add("end", start + draw(0, 10**6, (len(LENGTHS),)) % (limit - start), "last token of it")
        else:
            if "TokenClassification" in kind:
                labels = draw(0, config.num_labels, (total,))
            elif "ForCausalLM" in kind or "LMHead" in kind:
                labels = self.tensors["ids"].clone()
            else:
                labels = draw(3, config.vocab_size, (total,))
            labels[draw(0, total, (total // 4,))] = -100
            self.add("labels", labels, "targets; -100 is not counted")

    def passes(self, **options):
        """What the model gives for each sequence alone."""
        ids = cut(self.tensors["ids"], LENGTHS)
        for i, sequence in enumerate(ids):
            inputs = {"input_ids": sequence[None]}
            if "token_types" in self.tensors:
                inputs["token_type_ids"] = cut(self.tensors["token_types"], LENGTHS)[i][None]
            if self.encodes_and_decodes:
                inputs["decoder_input_ids"] = cut(self.tensors["dec_ids"], self.lengths)[i][None]
            yield self.model(**inputs, **options)

    def loss(self, outputs):
        """The mean over all counted targets of the batch, and its words."""
        F, t = torch.nn.functional, self.tensors
        if "seq_labels" in t:
            scores = torch.cat([o.logits for o in outputs])
            if self.model.config.problem_type == "multi_label_classification":
                return F.binary_cross_entropy_with_logits(scores, t["seq_labels"].to(scores)), "mean binary cross-entropy"
            if self.model.config.num_labels == 1:
                return F.mse_loss(scores[:, 0], t["seq_labels"].to(scores)), "mean squared error"
            return F.cross_entropy(scores, t["seq_labels"]), "mean cross-entropy over sequences"
        if "start" in t:
            parts = [F.cross_entropy(o.start_logits, t["start"][i : i + 1]) + F.cross_entropy(o.end_logits, t["end"][i : i + 1])
                     for i, o in enumerate(outputs)]
            return sum(parts) / (2 * len(parts)), "mean over sequences of the mean of both cross-entropies"
        labels = cut(t["labels"], self.lengths)
        shift = 1 if "ForCausalLM" in self.kind or "LMHead" in self.kind else 0
        scores = torch.cat([o.logits[0, : o.logits.shape[1] - shift] for o in outputs])
        wanted = torch.cat([label[shift:] for label in labels])
        return F.cross_entropy(scores, wanted, ignore_index=-100), "mean cross-entropy over all counted targets"

    def hidden(self, outputs):
        """Hidden states by name; those after the embeddings have the number 0."""
        for prefix, field in (("hidden", "hidden_states"), ("enc_hidden", "encoder_hidden_states"),
                              ("dec_hidden", "decoder_hidden_states")):
            if getattr(outputs[0], field, None):
                for layer in range(len(outputs[0][field])):
                    yield f"{prefix}.{layer}", torch.cat([o[field][layer][0] for o in outputs])

    def attentions(self, outputs):
        for prefix, field in (("attn", "attentions"), ("enc_attn", "encoder_attentions"),
                              ("dec_attn", "decoder_attentions"), ("cross_attn", "cross_attentions")):
            for i, output in enumerate(outputs):
                for layer, values in enumerate(getattr(output, field, None) or ()):
                    yield f"{prefix}.{layer}.seq{i}", values[0]

    def expected(self):
        self.model.zero_grad()
        outputs = list(self.passes(output_hidden_states=True, output_attentions=True))
        loss, words = self.loss(outputs)
        loss.backward()
        result = {name: values for name, values in self.hidden(outputs)}
        result.update(self.attentions(outputs))
        for name in ("logits", "start_logits", "end_logits"):
            if getattr(outputs[0], name, None) is not None:
                per_token = name != "logits" or "SequenceClassification" not in self.kind
                result[name] = torch.cat([o[name][0] if per_token else o[name] for o in outputs])
        result["loss"] = loss
        for name, parameter in self.model.named_parameters():
            if parameter.grad is not None:
                result["grad." + name] = parameter.grad
        return {name: values.detach().clone() for name, values in result.items()}, words

    @torch.no_grad()
    def greedy(self):
        """The likeliest tokens one by one, and the smallest margin of any choice."""
        rows, margin = [], float("inf")
        for sequence in cut(self.tensors["ids"], LENGTHS):
            start = [self.model.config.decoder_start_token_id] if self.encodes_and_decodes else sequence.tolist()
            for _ in range(GENERATED):
                known = torch.tensor([start])
                inputs = {"input_ids": sequence[None], "decoder_input_ids": known} if self.encodes_and_decodes else {"input_ids": known}
                best = self.model(**inputs).logits[0, -1].topk(2)
                margin = min(margin, float(best.values[0] - best.values[1]))
                start.append(int(best.indices[0]))
            rows.append(start[-GENERATED:])
        return torch.tensor(rows), margin


def main():
    arguments = parse()
    model = make_model(arguments.config, arguments.seed)
    os.makedirs(arguments.folder, exist_ok=True)
    model.save_pretrained(arguments.folder)
    golden = Golden(model, arguments.seed)
    expected, words = golden.expected()
    info = {"loss": words, "versions": {"transformers": transformers.__version__, "torch": torch.__version__}}
    tensors = dict(golden.tensors)
    about = {name: {"role": "input", "meaning": golden.meaning[name]} for name in tensors}
    if golden.encodes_and_decodes or "ForCausalLM" in golden.kind or "LMHead" in golden.kind:
        tensors["gen.ids"], margin = golden.greedy()
        about["gen.ids"] = {"role": "expected", "meaning": "greedy tokens; nothing ends them"}
        info["generation"] = {"min_top1_top2_margin": margin}
    exact, _ = Golden(model.double(), arguments.seed).expected()
    for name, values in expected.items():
        largest = float(values.abs().max())
        own = float((exact[name] - values.double()).abs().max())
        tensors[name] = values
        about[name] = {"role": "expected", "atol": max(1e-5 * largest, 32 * own)}
    for name, values in tensors.items():
        about[name].update(shape=list(values.shape), dtype=str(values.dtype).removeprefix("torch."))
    info["tensors"] = about
    info["grad_norms"] = {name[5:]: float(values.norm()) for name, values in expected.items() if name.startswith("grad.")}
    save_file({name: values.contiguous() for name, values in tensors.items()},
              os.path.join(arguments.folder, "goldens.safetensors"))
    with open(os.path.join(arguments.folder, "goldens.json"), "w") as file:
        json.dump(info, file, indent=1)


if __name__ == "__main__":
    main()
