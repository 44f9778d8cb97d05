"""Train terragate-nano on recorded traces; stops and resumes at any step.

    python -m terragate.deploy.models.train --data DIR --out DIR --minutes 60

The data folder holds `train.jsonl` and `validation.jsonl` (rows `{"system", "user", "answer"}`,
written by `mixture.py`); `objective.py` says what is minimised. Matrices are updated by Muon
(Jordan et al. 2024), embeddings and norms by AdamW. Checkpoints hold model, optimisers and the
position in the data; a run that is killed continues from the last one.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import argparse
import json
import logging
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM

from .batches import Batch, Rows, load_rows, shuffled_batches
from .objective import copying_drill, loss_of
from .tokenizer import END, PAD, SPECIAL, save_tokenizer, train_tokenizer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What is trained and how; written beside the weights."""

    vocabulary: int = 2560
    hidden: int = 256
    layers: int = 5
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    intermediate: int = 704
    batch_tokens: int = 4096
    peak_rate: float = 3e-3
    matrix_rate: float = 0.02
    warmup_steps: int = 100
    weight_decay: float = 0.01
    question_weight: float = 0.3
    drill_every: int = 6
    drill_share: float = 0.5
    minutes: float = 60.0
    seed: int = 20261122


def new_model(plan: Plan, tokenizer: Tokenizer) -> Qwen3ForCausalLM:
    """Return an untrained model of the plan's shape (tied embeddings)."""
    torch.manual_seed(plan.seed)
    config = Qwen3Config(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=plan.hidden,
        intermediate_size=plan.intermediate,
        num_hidden_layers=plan.layers,
        num_attention_heads=plan.heads,
        num_key_value_heads=plan.kv_heads,
        head_dim=plan.head_dim,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        rope_theta=10000.0,
        eos_token_id=tokenizer.token_to_id(END),
        pad_token_id=tokenizer.token_to_id(PAD),
        bos_token_id=None,
        initializer_range=0.02,
    )
    model = Qwen3ForCausalLM(config)
    # Sequences are short: plain attention is 1.5 times as fast here as the fused CPU kernel.
    model.set_attn_implementation("eager")
    return model


def rate_factor(plan: Plan, step: int, progress: float) -> float:
    """Return the share of the peak rate: linear warm-up, then a cosine over the planned time."""
    warm = min(1.0, (step + 1) / plan.warmup_steps)
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def new_optimizers(model: Qwen3ForCausalLM, plan: Plan) -> tuple[torch.optim.Optimizer, ...]:
    """Return Muon for the matrices of the layers and AdamW for all other parameters."""
    matrices = [p for p in model.model.layers.parameters() if p.ndim == 2]
    held = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in held]
    muon = torch.optim.Muon(matrices, lr=plan.matrix_rate, weight_decay=plan.weight_decay)
    adam = torch.optim.AdamW(
        rest, lr=plan.peak_rate, betas=(0.9, 0.95), weight_decay=plan.weight_decay
    )
    return muon, adam


def teacher_forced_accuracy(model: Qwen3ForCausalLM, rows: Rows, plan: Plan, limit: int) -> float:
    """Return the share of rows in which every answer token is the model's first choice."""
    model.eval()
    right = total = 0
    for batch in shuffled_batches(rows.head(limit), plan.batch_tokens, seed=0, epoch=0):
        with torch.inference_mode():
            hidden = model.model(input_ids=batch.tokens, use_cache=False).last_hidden_state
            best = model.lm_head(hidden[:, :-1]).argmax(-1)
        wrong = (best != batch.tokens[:, 1:]) & batch.is_answer[:, 1:]
        asked = batch.is_answer.any(dim=1)
        right += int((asked & ~wrong.any(dim=1)).sum())
        total += int(asked.sum())
    model.train()
    return right / max(1, total)


class Training:
    """A training run in a folder: model, optimiser and the position in the data."""

    def __init__(self, plan: Plan, data: Path, out: Path, start: Path | None = None) -> None:
        self.plan, self.data, self.out = plan, data, out
        out.mkdir(parents=True, exist_ok=True)
        self.tokenizer = self._tokenizer(start)
        self.train = load_rows(data / "train.jsonl", self.tokenizer)
        self.validation = load_rows(data / "validation.jsonl", self.tokenizer)
        self.model = new_model(plan, self.tokenizer)
        if start is not None:
            self.model.load_state_dict(Qwen3ForCausalLM.from_pretrained(start).state_dict())
        self.optimizers = new_optimizers(self.model, plan)
        self.peaks = [group["lr"] for o in self.optimizers for group in o.param_groups]
        self.step = self.epoch = self.skip = self.tokens = 0
        self.seconds = 0.0
        self._resume()

    def _tokenizer(self, start: Path | None) -> Tokenizer:
        for folder in (self.out, start):
            if folder is not None and (folder / "tokenizer.json").exists():
                tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
                save_tokenizer(tokenizer, self.out)
                return tokenizer
        lines = (json.loads(s) for s in (self.data / "train.jsonl").open(encoding="utf-8"))
        texts = (row[key] for row in lines for key in ("system", "user", "answer"))
        tokenizer = train_tokenizer(texts, self.plan.vocabulary)
        save_tokenizer(tokenizer, self.out)
        return tokenizer

    def _resume(self) -> None:
        path = self.out / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, held in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(held)
        self.step, self.epoch, self.skip = state["step"], state["epoch"], state["skip"]
        self.tokens, self.seconds = state["tokens"], state["seconds"]
        log.info("resumed step=%d seconds=%.0f", self.step, self.seconds)

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
        """Train until the planned minutes are used up."""
        budget = self.plan.minutes * 60
        while self.seconds < budget:
            batches = shuffled_batches(
                self.train, self.plan.batch_tokens, seed=self.plan.seed, epoch=self.epoch
            )
            for number, batch in enumerate(batches):
                if number < self.skip:
                    continue
                self._one(batch, number)
                if self.seconds >= budget:
                    break
            else:
                self.epoch, self.skip = self.epoch + 1, 0
        self.checkpoint()
        self._report(limit=4000)

    def _one(self, batch: Batch, number: int) -> None:
        began = time.monotonic()
        progress = self.seconds / (self.plan.minutes * 60)
        self._set_rates(rate_factor(self.plan, self.step, progress))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = loss_of(self.model, batch, self.plan.question_weight)
            if progress < self.plan.drill_share and self.step % self.plan.drill_every == 0:
                loss = loss + loss_of(self.model, self._drill(), 0.0)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step, self.skip = self.step + 1, number + 1
        self.tokens += batch.tokens.numel()
        self.seconds += time.monotonic() - began
        if self.step % 100 == 0:
            speed = self.tokens / self.seconds
            log.info(
                "step=%d loss=%.4f tokens=%d tok_s=%.0f", self.step, loss.item(), self.tokens, speed
            )
        if self.step % 500 == 0:
            self.checkpoint()
            self._report(limit=1000)

    def _set_rates(self, factor: float) -> None:
        groups = [group for o in self.optimizers for group in o.param_groups]
        for group, peak in zip(groups, self.peaks, strict=True):
            group["lr"] = peak * factor

    def _drill(self) -> Batch:
        size = self.tokenizer.get_vocab_size()
        return copying_drill(size, len(SPECIAL), 48, seed=self.plan.seed + self.step)

    def _report(self, limit: int) -> None:
        share = teacher_forced_accuracy(self.model, self.validation, self.plan, limit)
        row = {
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "validation": share,
        }
        with (self.out / "curve.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        log.info("validation_exact=%.4f", share)


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description="Train terragate-nano on recorded traces.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="checkpoint folder to start from")
    parser.add_argument("--minutes", type=float, default=Plan.minutes)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    plan = Plan(minutes=options.minutes)
    Training(plan, options.data, options.out, options.start).run()


if __name__ == "__main__":
    main()
