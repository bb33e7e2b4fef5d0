# SPDX-License-Identifier: Apache-2.0
#
# Writes losses.json beside it: each preference loss in PyTorch, in double, with its gradient by the log-probabilities
# of an answer's tokens and the rewards. Tokens have random log-probabilities, those of the reference other ones.
import json
import pathlib

import torch
from torch.nn.functional import logsigmoid, relu

torch.manual_seed(3)


def loss_of(name, o, c, r, ref_c, ref_r, kl):
    """The loss of one pair, from log-probabilities a token; with both rewards."""
    if name == "dpo":
        x = o["beta"] * ((c.sum() - ref_c.sum()) - (r.sum() - ref_r.sum()))
        e = o["label_smoothing"]
        return -(1 - e) * logsigmoid(x) - e * logsigmoid(-x), c.sum() - ref_c.sum(), r.sum() - ref_r.sum()
    if name == "ipo":
        a, b = (c - ref_c).mean(), (r - ref_r).mean()
        return (a - b - 1 / (2 * o["beta"])) ** 2, a, b
    if name == "orpo":
        a, b = c.mean(), r.mean()
        odds = (a - b) - (torch.log1p(-a.exp()) - torch.log1p(-b.exp()))
        return -a - o["beta"] * logsigmoid(odds), a, b
    if name == "simpo":
        a, b = c.mean(), r.mean()
        return -logsigmoid(o["beta"] * ((a - b) - o["margin"] / o["beta"])), a, b
    a, b = c.sum() - ref_c.sum(), r.sum() - ref_r.sum()
    z = relu(torch.tensor(kl, dtype=torch.double))
    good = 1 - torch.sigmoid(o["beta"] * (a - z))
    bad = 1 - torch.sigmoid(o["beta"] * (z - b))
    return torch.stack([o["desirable"] * good, o["undesirable"] * bad]).mean(), a, b


cases = []
for name in ["dpo", "ipo", "orpo", "simpo", "kto"]:
    for beta in [0.1, 0.5, 2.0]:
        o = {"beta": beta, "margin": 0.75, "label_smoothing": 0.125 if beta == 0.5 else 0.0,
             "desirable": 1.5, "undesirable": 0.75}
        n, m = int(torch.randint(1, 9, ())), int(torch.randint(1, 9, ()))
        c, r = (-2 * torch.rand(k, dtype=torch.double) for k in (n, m))
        ref_c, ref_r = (-2 * torch.rand(k, dtype=torch.double) for k in (n, m))
        c.requires_grad_(), r.requires_grad_()
        kl = float(torch.rand(()))
        loss, reward_c, reward_r = loss_of(name, o, c, r, ref_c, ref_r, kl)
        loss.backward()
        cases.append({"loss": name, "options": o, "divergence": kl,
                      "chosen": [c.sum().item(), ref_c.sum().item(), n],
                      "rejected": [r.sum().item(), ref_r.sum().item(), m],
                      "value": loss.item(), "chosen_slope": c.grad[0].item(), "rejected_slope": r.grad[0].item(),
                      "chosen_reward": beta * reward_c.item(), "rejected_reward": beta * reward_r.item()})
pathlib.Path(__file__).with_name("losses.json").write_text(
    "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
