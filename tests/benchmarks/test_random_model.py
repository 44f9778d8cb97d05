from __future__ import annotations

import json
from collections import Counter

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.agents.protocol import Message, ModelRequest
from terragate.benchmarks.geo.random_model import RandomModel
from terragate.benchmarks.stats import mcnemar, success_rate
from terragate.tools.errors import ModelError, UsageError

NAMES = st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4, unique=True)


def choice(tool: str, **args: list[str]) -> dict:
    enums = {"tool": [tool]} | args
    return {
        "type": "object",
        "properties": {name: {"type": "string", "enum": values} for name, values in enums.items()},
        "required": list(enums),
        "additionalProperties": False,
    }


def request(schema: dict | None, text: str = "q") -> ModelRequest:
    return ModelRequest(
        stage="place",
        messages=(Message(role="user", content=text),),
        answer_schema=schema,
        max_tokens=8,
    )


async def ask(schema: dict | None, text: str = "q", seed: int = 0) -> dict:
    return json.loads((await RandomModel(seed).complete(request(schema, text))).text)


def run(coroutine):
    import asyncio

    return asyncio.run(coroutine)


@given(tools=NAMES, places=NAMES, seed=st.integers(0, 99))
def test_answers_satisfy_the_schema(tools: list[str], places: list[str], seed: int) -> None:
    schema = {"anyOf": [choice(tool, place=places) for tool in tools]}
    jsonschema.validate(run(ask(schema, seed=seed)), schema)


def test_tools_are_equally_likely_however_many_arguments_they_take() -> None:
    schema = {"anyOf": [choice("find_place", place=list("abcdefgh")), choice("done")]}
    drawn = Counter(run(ask(schema, str(n)))["tool"] for n in range(600))
    assert 240 < drawn["done"] < 360


def test_the_same_question_gets_the_same_answer() -> None:
    schema = choice("find_place", place=list("abcdefgh"))
    first, second = run(ask(schema)), run(ask(schema))
    assert first == second
    assert {run(ask(schema, seed=seed))["place"] for seed in range(20)} > {first["place"]}


def test_no_schema_and_open_schemas_are_errors() -> None:
    with pytest.raises(ModelError, match="needs a schema"):
        run(ask(None))
    with pytest.raises(ModelError, match="list its values"):
        run(ask({"type": "string"}))


def test_wilson_interval_of_a_textbook_case() -> None:
    # Newcombe 1998, table I: 81 of 263.
    rate = success_rate([True] * 81 + [False] * 182)
    assert (round(rate.low, 4), round(rate.high, 4)) == (0.2553, 0.3662)
    with pytest.raises(UsageError, match="no outcomes"):
        success_rate([])


def test_mcnemar_counts_only_the_questions_that_differ() -> None:
    same = [True, False] * 10
    assert mcnemar(same, same) == 1.0
    assert mcnemar([True] * 8 + same, [False] * 8 + same) == pytest.approx(2 * 0.5**8)
    with pytest.raises(UsageError, match="paired"):
        mcnemar([True], [])
