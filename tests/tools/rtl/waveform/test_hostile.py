"""Waveform files that lie, end early or are no waveforms: an error that says so, never more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tools.errors import ToolError
from terragate.tools.rtl.waveform import explain, read_wave, window
from terragate.tools.rtl.waveform import wave as wave_module

pytest.importorskip("pywellen")

HEAD = "$timescale 1ns $end\n$var wire 1 ! a $end\n"
GOOD = f"{HEAD}$enddefinitions $end\n#0\n1!\n#5\n0!\n"

REFUSED = {
    "empty": b"",
    "garbage": b"\x00\xff" * 200,
    "words": b"hello world",
    "cut in its head": HEAD.encode()[:-6],
    "a value of no signal": GOOD.replace("#5\n0!", '#5\n0"').encode(),
    "a value of no kind": GOOD.replace("#5\n0!", "#5\nq!").encode(),
}
BORNE = {
    "more bits than declared": GOOD.replace("#5\n0!", "#5\nb1010101 !").encode(),
    "no signal": b"$timescale 1ns $end\n$enddefinitions $end\n",
    "no change": f"{HEAD}$enddefinitions $end\n".encode(),
    "time runs back": GOOD.replace("#5", "#10\n0!\n#5").encode(),
    "a time beyond every clock": GOOD.replace("#5", "#99999999999999999999999").encode(),
    "a width beyond reason": GOOD.replace("wire 1", "wire 1000000000").encode(),
    "a name of control characters": GOOD.replace("! a", "! a\x1b[31m").encode(),
    "deep scopes": (b"$scope module a $end\n" * 2000) + GOOD.encode(),
}


def _outcome(dump: bytes) -> str:
    """Return "read" when the dump could be read, tabulated and explained, else the error's kind."""
    try:
        found = read_wave(dump)
        window(found)
        return "read" if len(explain(found).text()) < 2000 else "too long"
    except ToolError as error:
        return error.kind


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_waveform_is_refused(name):
    with pytest.raises(ToolError) as error:
        read_wave(REFUSED[name])
    assert error.value.kind in ("bad_data", "too_large")
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("name", BORNE)
def test_what_is_odd_is_read_or_refused(name):
    assert _outcome(BORNE[name]) in ("read", "bad_data")


def test_a_file_beyond_the_limit_is_not_read(monkeypatch):
    monkeypatch.setattr(wave_module, "MAX_BYTES", 10)
    with pytest.raises(ToolError) as error:
        read_wave(GOOD.encode())
    assert error.value.kind == "too_large"


def test_bounds_are_said(monkeypatch):
    monkeypatch.setattr(wave_module, "MOST_CHANGES", 5)
    text = HEAD + "$var wire 1 % b $end\n$enddefinitions $end\n"
    text += "".join(f"#{t}\n{t % 2}!\n{t % 2}%\n" for t in range(20))
    found = read_wave(text.encode())
    assert not found.whole
    assert sum(len(s.changes) for s in found.signals) <= 5
    assert "larger than was read" in explain(found).text()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.integers(0, 2), st.text("01xz", min_size=4, max_size=4)),
        min_size=1,
        max_size=30,
    )
)
def test_a_written_dump_is_read_back(steps):
    """Against a model: a dictionary of the values at each time."""
    text = "$timescale 10 ps $end\n$scope module m $end\n"
    text += "".join(f"$var wire 4 {c} s{i} [3:0] $end\n" for i, c in enumerate("!%&"))
    text += "$upscope $end\n$enddefinitions $end\n"
    time, expected = 0, [["xxxx"], ["xxxx"], ["xxxx"]]
    times = [0]
    for gap, which, value in steps:
        time += gap
        times.append(time)
        text += f"#{time}\nb{value} {'!%&'[which]}\n"
        for at, column in enumerate(expected):
            column.append(value if at == which else column[-1])
    found = read_wave(text.encode())
    for at, column in enumerate(expected):
        if column == ["xxxx"] * len(column):
            continue
        track = found.track(f"m.s{at}")
        assert [track.at(t) for t in times] == column
    window(found)
    explain(found)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_dump_is_read_or_refused(data):
    damaged = bytearray(GOOD.encode() * 2)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        if data.draw(st.booleans()):
            damaged[at] = data.draw(st.integers(0, 255))
        else:
            del damaged[at : at + data.draw(st.integers(1, 9))]
        damaged = damaged or bytearray(b"x")
    assert _outcome(bytes(damaged)) in ("read", "bad_data")
