"""Several drivers of one net: found where an output depends on it, and nothing is proved then."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import needs_icarus, needs_yosys
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.formal import equivalence
from terragate.tools.rtl.formal.reading import read_side

pytestmark = [needs_icarus, needs_yosys]
HEAD = "module m(input clk, r, input [3:0] d, output [3:0] y); "
SHARED = (
    "integer i; reg [3:0] u, t;"
    " always @(posedge clk) if (r) for (i = 0; i < 4; i = i + 1) u[i] <= d[i];"
    " always @(posedge clk) for (i = 0; i < 4; i = i + 1) t[i] <= d[3 - i]; assign y = u ^ t;"
)


def design(body: str) -> Design:
    return Design(top="m", sources=(Source(name="m.v", text=f"{HEAD}{body} endmodule"),))


@pytest.mark.parametrize(
    ("body", "twice"),
    [
        ("assign y = d;", False),
        ("assign y = d; assign y = ~d;", True),
        ("assign y = d & 4'b0110; assign y[0] = 1'b0;", True),
        ("reg [3:0] q; always @(posedge clk) q <= d; always @(posedge clk) if (r) q <= 0;"
         " assign y = q;", True),
        ("assign d[1] = d[0]; assign y = d;", True),
        ("wire [3:0] t; assign t[1:0] = d[1:0]; assign t[3:2] = d[3:2]; assign y = t;", False),
        (SHARED, False),
        (SHARED.replace("y = u ^ t", "y = u ^ i[3:0]"), True),
    ],
    ids=["one", "two", "constant", "two blocks", "an input", "parts", "loop variable",
         "loop variable read"],
)  # fmt: skip
def test_a_net_with_two_drivers_is_found_where_it_matters(body: str, twice: bool) -> None:
    side = read_side(design(body))
    assert side.contention is twice
    assert bool(side.problem) is twice


def test_a_rare_conflict_is_not_proved_away() -> None:
    plain = "reg [31:0] n; always @(posedge clk) n <= r ? 0 : {n[27:0], d}; assign y = n[31:28];"
    # The second driver disagrees for one value of the register out of 2^32.
    gate = f"{plain} assign y = n == 32'h9e3779b1 ? 4'hf : n[31:28];"
    found = equivalence(design(plain), design(gate))
    assert found.result == "unknown"
    assert "several drivers" in found.reason
