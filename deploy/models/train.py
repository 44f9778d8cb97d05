"""Train terragate-nano on recorded traces and generated designs; stops and resumes at any step.

    python -m terragate.deploy.models.train --data DIR [DIR ...] --out DIR --preset cpu

Each data folder holds `train.jsonl` and `validation.jsonl` (rows `{"system", "user", "answer",
"domain"}`); `objective.py` says what is minimised. Matrices are updated by Muon (Jordan et al.
2024), embeddings and norms by AdamW. Checkpoints hold model, optimisers and the position in the
data: a run that is killed continues from the last one, and with the same number of threads it ends
with the same bytes as one that was not.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import Qwen3ForCausalLM

from .batches import Batch, Rows, epoch_order, load_rows, shuffled_batches
from .network import flops_per_token, new_model, new_optimizers
from .objective import copying_drill, loss_of
from .plan import PRESETS, Plan, rate_factor
from .tokenizer import SPECIAL, save_tokenizer, train_tokenizer

log = logging.getLogger(__name__)
EVERY_LOG = 100
LOOK, LOOK_AT_END = 300, 2000


def teacher_forced_accuracy(model: Qwen3ForCausalLM, rows: Rows, batch_tokens: int) -> float:
    """Return the share of rows in which every answer token is the model's first choice."""
    model.eval()
    right = total = 0
    device = str(model.device.type)
    for batch in shuffled_batches(rows, range(len(rows.tokens)), batch_tokens, {}, ""):
        here = batch.to(device)
        answers = here.is_answer[:, 1:]
        with torch.inference_mode(), torch.autocast(device, dtype=torch.bfloat16):
            hidden = model.model(input_ids=here.tokens, use_cache=False).last_hidden_state
            best = model.lm_head(hidden[:, :-1][answers]).argmax(-1)
        wrong = answers.nonzero()[best != here.tokens[:, 1:][answers], 0]
        asked = answers.any(dim=1)
        right += int(asked.sum()) - int(wrong.unique().numel())
        total += int(asked.sum())
    model.train()
    return right / max(1, total)


class Training:
    """A training run in a folder: model, optimisers and the position in the data."""

    def __init__(self, plan: Plan, data: Sequence[Path], out: Path) -> None:
        self.plan, self.data, self.out = plan, data, out
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        out.mkdir(parents=True, exist_ok=True)
        self.tokenizer = self._tokenizer()
        self.train, left_out = self._rows("train")
        self.validation, _ = self._rows("validation")
        log.info("rows=%d too_long=%d device=%s", len(self.train.tokens), left_out, self.device)
        self.model = new_model(plan, self.tokenizer, self.device)
        self.optimizers = new_optimizers(self.model, plan)
        self.peaks = [group["lr"] for o in self.optimizers for group in o.param_groups]
        self.step = self.epoch = self.skip = self.tokens = 0
        self.seconds = 0.0
        self.loss = 0.0
        self._resume()

    def _rows(self, split: str) -> tuple[Rows, int]:
        paths = [folder / f"{split}.jsonl" for folder in self.data]
        return load_rows(paths, self.tokenizer, self.plan.positions)

    def _tokenizer(self) -> Tokenizer:
        held = self.out / "tokenizer.json"
        if held.exists():
            return Tokenizer.from_file(str(held))
        lines = (
            json.loads(line)
            for folder in self.data
            for line in (folder / "train.jsonl").open(encoding="utf-8")
        )
        texts = (row[key] for row in lines for key in ("system", "user", "answer"))
        tokenizer = train_tokenizer(texts, self.plan.vocabulary)
        save_tokenizer(tokenizer, self.out, self.plan.positions)
        return tokenizer

    def _resume(self) -> None:
        path = self.out / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True, map_location=self.device)
        self.model.load_state_dict(state["model"])
        for optimizer, held in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(held)
        self.step, self.epoch, self.skip = state["step"], state["epoch"], state["skip"]
        self.tokens, self.seconds = state["tokens"], state["seconds"]
        log.info("resumed step=%d tokens=%d", self.step, self.tokens)

    def checkpoint(self) -> None:
        """Write everything a resumed run needs, atomically."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            **{k: getattr(self, k) for k in ("step", "epoch", "skip", "tokens", "seconds")},
        }
        part = self.out / "checkpoint.part"
        torch.save(state, part)
        part.replace(self.out / "checkpoint.pt")
        self.model.save_pretrained(self.out)
        (self.out / "plan.json").write_text(json.dumps(asdict(self.plan), indent=1) + "\n", "utf-8")

    def run(self) -> None:
        """Train until the planned tokens are used up."""
        plan = self.plan
        while self.tokens < plan.tokens:
            order = epoch_order(self.train, plan.shares, seed=plan.seed, epoch=self.epoch)
            seed = f"{plan.seed}/{self.epoch}"
            batches = shuffled_batches(self.train, order, plan.batch_tokens, plan.weights, seed)
            for number, batch in enumerate(batches):
                if number < self.skip:
                    continue
                self._one(batch, number)
                if self.tokens >= plan.tokens:
                    break
            else:
                self.epoch, self.skip = self.epoch + 1, 0
        self.checkpoint()
        self._report(LOOK_AT_END)

    def _one(self, batch: Batch, number: int) -> None:
        began = time.monotonic()
        progress = self.tokens / self.plan.tokens
        self._set_rates(rate_factor(self.plan, self.step, progress))
        with torch.autocast(self.device, dtype=torch.bfloat16):
            loss = loss_of(self.model, batch.to(self.device), self.plan.question_weight)
            if progress < self.plan.drill_share and self.step % self.plan.drill_every == 0:
                loss = loss + loss_of(self.model, self._drill().to(self.device), 0.0)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step, self.skip = self.step + 1, number + 1
        self.tokens += batch.tokens.numel()
        self.loss = loss.item()
        self.seconds += time.monotonic() - began
        if self.step % EVERY_LOG == 0:
            speed = self.tokens / self.seconds
            log.info(
                "step=%d loss=%.4f tokens=%d tok_s=%.0f gflop_s=%.0f",
                self.step, self.loss, self.tokens, speed,
                speed * flops_per_token(self.model) / 1e9,
            )  # fmt: skip
        if self.step % self.plan.checkpoint_every == 0:
            self.checkpoint()
            self._report(LOOK)

    def _set_rates(self, factor: float) -> None:
        groups = [group for o in self.optimizers for group in o.param_groups]
        for group, peak in zip(groups, self.peaks, strict=True):
            group["lr"] = peak * factor

    def _drill(self) -> Batch:
        size = self.tokenizer.get_vocab_size()
        return copying_drill(size, len(SPECIAL), 48, seed=self.plan.seed + self.step)

    def _report(self, limit: int) -> None:
        found = {domain: self.validation.of(domain, limit) for domain in self.plan.shares}
        shares = {
            domain: round(teacher_forced_accuracy(self.model, rows, self.plan.batch_tokens), 4)
            for domain, rows in found.items()
            if rows.tokens
        }
        row: dict[str, Any] = {
            "step": self.step,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 1),
            "loss": round(self.loss, 4),
            "validation": shares,
        }
        with (self.out / "curve.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        log.info("validation_exact=%s", shares)


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description="Train terragate-nano.")
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="cpu")
    parser.add_argument("--tokens", type=int, help="train on so many tokens")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    plan = PRESETS[options.preset]
    if options.tokens:
        plan = replace(plan, tokens=options.tokens)
    Training(plan, options.data, options.out).run()


if __name__ == "__main__":
    main()
