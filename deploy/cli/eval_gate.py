"""A bar that a run must reach: `pass@1>=0.5`, `published>=0.9`, `tokens_per_success<=2000`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any, Final, NamedTuple

from ...tools.errors import UsageError

GATE_FAILED: Final = 100
FORM: Final = re.compile(
    r"\s*(?P<name>pass@\d{1,4}(?:\.(?:low|high|cvdp))?|published|[a-z_]+_per_success)\s*"
    r"(?P<sign>>=|<=|>|<)\s*(?P<bar>\d{1,12}(?:\.\d{1,12})?)\s*"
)
SIGNS: Final[Mapping[str, Callable[[float, float], bool]]] = {">=": ge, "<=": le, ">": gt, "<": lt}
PER: Final = "_per_success"


class Gate(NamedTuple):
    """One bar: what is measured, how it is compared, and with what."""

    text: str
    name: str
    sign: str
    bar: float

    def value(self, found: Mapping[str, Any]) -> float | None:
        """Return what a summary says of it; None where that was not measured."""
        if self.name == "published":
            return found["published"]
        if self.name.endswith(PER):
            return found["cost"]["per_success"].get(self.name.removesuffix(PER))
        name, _, part = self.name.partition(".")
        return found["pass"].get(name, {}).get(part or "rate")

    def holds(self, found: Mapping[str, Any]) -> bool:
        """Return whether a run reaches the bar; what was not measured does not."""
        value = self.value(found)
        return value is not None and SIGNS[self.sign](value, self.bar)


def read_gate(text: str, samples: int) -> Gate:
    """Return the bar that a text states, for a run of so many samples."""
    found = FORM.fullmatch(text)
    if found is None:
        raise UsageError(
            f"--gate {text!r} is no bar: write pass@K, pass@K.low, published or "
            "tokens_per_success, then >= or <=, then a number, as in 'pass@1>=0.5'"
        )
    k = re.match(r"pass@(\d+)", found["name"])
    if k and not 1 <= int(k[1]) <= samples:
        raise UsageError(f"--gate {text!r} needs --samples {k[1]}: {samples} are drawn")
    return Gate(text.strip(), found["name"], found["sign"], float(found["bar"]))
