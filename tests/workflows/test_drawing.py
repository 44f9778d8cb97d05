"""The Mermaid drawing of a workflow says what each stage does and where it goes."""

from __future__ import annotations

import pytest
from terragate.tests.support.toy_domain import end, go, stage, workflow
from terragate.workflows.drawing import describe, mermaid
from terragate.workflows.spec import (
    Always,
    Ambiguous,
    BudgetLeft,
    Choice,
    EmptyResult,
    End,
    FailureRate,
    ModelFailed,
    Score,
    ToolFailed,
    VerdictIs,
)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Always(), "always"),
        (EmptyResult(), "empty_result"),
        (Ambiguous(), "ambiguous"),
        (Choice(field="tool", equals="find"), "tool = find"),
        (VerdictIs(name="short", outcome="fail"), "short fail (best)"),
        (VerdictIs(name="short", outcome="pass", over="all"), "short pass (all)"),
        (FailureRate(above=0.25), "failure rate > 0.25"),
        (Score(policy="progress", above=0.5), "progress > 0.5"),
        (ToolFailed(), "tool_error"),
        (ToolFailed(error="not_found"), "tool_error: not_found"),
        (ModelFailed(error="length"), "model_error: length"),
        (BudgetLeft(of="tokens", below=0.1), "tokens left < 0.1"),
    ],
)
def test_a_condition_in_a_few_words(condition, words):
    assert describe(condition) == words


def test_each_stage_says_what_it_does():
    spec = workflow(
        stage(
            "find", go(Always(), "left", "right"), tools=("find",), controls=("done",), samples=3
        ),
        stage("left", go(Always(), "join"), verifiers=("short",)),
        stage("right", go(Always(), "join"), max_steps=4, on_overrun=("join",)),
        stage("join", end(Always()), needs=("left", "right")),
    )
    assert mermaid(spec).splitlines() == [
        "flowchart TD",
        "    start((start)) --> find",
        '    find["find<br/><i>find, done</i><br/>best of 3"]',
        '    left["left<br/>checked by short"]',
        '    right["right"]',
        '    join["join<br/>waits for left, right"]',
        '    find -->|"always"| left',
        '    find -->|"always"| right',
        '    find -.->|"otherwise"| failed_end(["failed"])',
        '    left -->|"always"| join',
        '    left -.->|"otherwise"| failed_end(["failed"])',
        '    right -->|"always"| join',
        '    right -.->|"after 4 steps"| join',
        '    join -->|"always"| answered_end(["answered"])',
        '    join -.->|"otherwise"| failed_end(["failed"])',
    ]


def test_an_end_is_drawn_once_for_each_way_to_it():
    spec = workflow(
        stage("a", end(ToolFailed(), "refused"), end(Always()), on_overrun=End(end="refused"))
    )
    assert mermaid(spec).count('refused_end(["refused"])') == 2
