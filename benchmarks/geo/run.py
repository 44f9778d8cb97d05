"""`python -m terragate.benchmarks.geo.run`: one command, one table.

A run that was stopped goes on where it was when the same command is given again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from inspect_ai import eval_set
from inspect_ai.log import EvalLog, read_eval_log
from rich.console import Console

from ...agents.probe import fitted, probe
from ...agents.profiles import Profile, find_profile, load_profiles, open_model
from ...agents.protocol import Model
from ...tools.errors import InfrastructureError, ModelError, TerragateError, UsageError
from ...tools.geo.static_catalog import open_catalog
from ...workflows.registry import families
from ..geo.random_model import RandomModel
from ..suites.suite import spread
from .dataset import hostile_twin, prepare, with_truth
from .fingerprint import fingerprints, hostile_fingerprint
from .results import Row, group_table, main_table, pairwise, rows_of, summary
from .suite import Arm, geo_task
from .task import Question

WORKFLOWS = {
    "stateful": "stateful",
    "react": "react",
    "sequential": "sequential",
    "random": "stateful",
}
SEED = 1


@dataclass(frozen=True)
class Options:
    """What is run, and where its files go."""

    arms: tuple[str, ...]
    model: str
    url: str | None
    limit: int | None
    out: Path
    max_samples: int


def arms_of(names: Sequence[str], open_ours: Callable[[], Model]) -> list[Arm]:
    """Return the arms of those names; `random` is the stateful workflow without a model."""
    unknown = sorted(set(names) - WORKFLOWS.keys())
    if unknown:
        raise UsageError(f"no arm {unknown!r}; choose from {sorted(WORKFLOWS)}")
    return [
        Arm(name, WORKFLOWS[name], (lambda: RandomModel(SEED)) if name == "random" else open_ours)
        for name in names
    ]


def evaluate(options: Options, arms: Sequence[Arm]) -> dict[str, list[Row]]:
    """Run the arms over the held-out questions and return their scored questions by arm."""
    archive, questions = prepare(options.out / "data")
    items = with_truth(spread(questions, options.limit), archive)
    catalog, scratch = open_catalog(archive), options.out / "runs"
    hostile = _twin(options, [item.question for item in items])
    twin = open_catalog(hostile) if hostile else None
    finished, logs = eval_set(
        [geo_task(items, arm, catalog, scratch, hostile=twin) for arm in arms],
        log_dir=str(options.out / "logs"),
        model="none/none",
        max_tasks=1,
        max_samples=options.max_samples,
        retry_attempts=0,
        display="plain",
        log_dir_allow_dirty=True,
        log_model_api=False,
        ctl_server=False,
    )
    if not finished:
        raise InfrastructureError(
            f"not every question was answered, see {str(options.out / 'logs')!r}; mend the cause "
            "and give the same command again: it goes on where it was"
        )
    by_arm = {str((log.eval.metadata or {})["arm"]): rows_of(_whole(log)) for log in logs}
    return {arm.name: by_arm[arm.name] for arm in arms}


def _twin(options: Options, questions: Sequence[Question]) -> Path | None:
    """Return the hostile twin of the archive if any question is asked of it."""
    wanted = any(question.hostile for question in questions)
    return hostile_twin(options.out / "data") if wanted else None


def _whole(log: EvalLog) -> EvalLog:
    return log if log.samples else read_eval_log(log.location)


def report(options: Options, rows: dict[str, list[Row]], weights: Path | None) -> dict[str, Any]:
    """Write results.json and rows.jsonl into the output folder and return the results."""
    archive, questions = prepare(options.out / "data")
    tools = {tool.name: tool.version for tool in families()["stateful"].load_domain().tools}
    asked = spread(questions, options.limit)
    results: dict[str, Any] = {
        "model": options.model,
        "limit": options.limit,
        "arms": {name: summary(held) for name, held in rows.items() if held},
        "pairs": pairwise(rows),
        "fingerprints": fingerprints(asked, archive, weights, tools)
        | hostile_fingerprint(_twin(options, asked)),
    }
    target = options.out / "results.json"
    target.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")
    lines = [row.model_dump_json() for held in rows.values() for row in held]
    (options.out / "rows.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return results


def open_ours(options: Options) -> tuple[Profile, Callable[[], Model]]:
    """Return the profile of a running server and how its client is opened; the server is probed."""
    path = Path("terragate.toml")
    profile = find_profile(options.model, load_profiles(path if path.exists() else None))
    url = options.url or profile.base_url
    if url is None:
        raise InfrastructureError(
            f"profile {profile.name!r} has no server address: start one with 'terragate serve "
            f"model --profile {profile.name}' and give its address with --url"
        )
    profile = profile.model_copy(update={"base_url": url})
    try:
        found = asyncio.run(probe(url, model=profile.model or None, body=profile.body))
    except ModelError as error:
        raise InfrastructureError(f"{error}; is the model server up?") from error
    suited = fitted(profile, found)
    return profile, lambda: open_model(suited, schema_support=found.schema_support)


def main(
    model: Annotated[str, typer.Option(help="Profile, or URL of a server.")] = "nano",
    url: Annotated[str | None, typer.Option(help="Address of the profile's server.")] = None,
    arms: Annotated[str, typer.Option(help="Comma-separated arms.")] = (
        "stateful,react,sequential,random"
    ),
    limit: Annotated[
        int | None, typer.Option(help="Ask only so many, spread over the set.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where logs and results go.")] = Path("runs/geo"),
    max_samples: Annotated[int, typer.Option(help="Questions at a time.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print results as JSON.")] = False,
) -> None:
    """Ask every arm the held-out questions and print one table."""
    options = Options(tuple(arms.split(",")), model, url, limit, out, max_samples)
    try:
        weights, opener = _model_of(options)
        results = report(options, evaluate(options, arms_of(options.arms, opener)), weights)
    except TerragateError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False)
        raise typer.Exit(2 if isinstance(error, UsageError) else 3) from error
    if as_json:
        Console(soft_wrap=True).print_json(data=results)
        return
    console = Console()
    console.print(main_table(results["arms"]))
    console.print(group_table(results["arms"]))


def _model_of(options: Options) -> tuple[Path | None, Callable[[], Model]]:
    if set(options.arms) == {"random"}:
        return None, lambda: RandomModel(SEED)
    profile, opener = open_ours(options)
    return profile.weights, opener


if __name__ == "__main__":
    typer.run(main)
