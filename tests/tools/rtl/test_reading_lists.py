"""Designs from file lists and core files: what each entry brings, and bad ones with their line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.eda import needs_slang
from terragate.tests.tools.rtl.project_files import LEAF, TOP, refused, write
from terragate.tools.errors import ToolError
from terragate.tools.rtl.project.filelist import entries
from terragate.tools.rtl.reading import read_project
from terragate.tools.rtl.slang import elaborate, inspect


@needs_slang
def test_a_list_brings_folders_macros_parameters_and_other_lists(tree: Path) -> None:
    write(
        tree,
        rtl__leaf_v=LEAF,
        rtl__top_sv='`include "defs.vh"\nmodule top #(parameter N = 1)'
        "(input [`WIDTH-1:0] a, output [`GIVEN+N-1:0] y);\nleaf l(a[0], y[0]);\nendmodule",
        include__defs_vh='`include "more.vh"\n',
        include__more_vh="`define WIDTH 6\n",
        rtl__leaf_f="leaf.v  // beside the list\n",
        all_f="# a comment\n+incdir+include\n+define+GIVEN=4+FLAG /* and\nmore */\n"
        '-f rtl/leaf.f\n"rtl/top.sv" -sv\n-P top.N=3 \\\n-s top\n',
    )
    found = read_project([Path("all.f")]).design
    assert [source.name for source in found.sources] == ["rtl/leaf.v", "rtl/top.sv"]
    assert {source.name for source in found.includes} == {"defs.vh", "more.vh"}
    assert dict(found.defines) == {"GIVEN": "4", "FLAG": ""}
    assert found.parameters == (("N", "3"),)
    top = elaborate(found).interface
    assert top is not None
    assert [p.width for p in top.ports] == [6, 7]
    assert inspect(found).forbidden == ()


CORE = """CAPI=2:
name: a:b:c:1
filesets:
  rtl:
    files:
      - rtl/leaf.v
      - rtl/defs.vh: {is_include_file: true}
      - "target_sim ? (rtl/never.v)"
      - "!tool_xsim ? (rtl/top.v)"
      - notes.tcl: {file_type: tclSource}
    file_type: verilogSource-2005
    depend: ["x:y:z"]
parameters:
  W: {datatype: int, default: 5, paramtype: vlogparam}
  FAST: {datatype: bool, default: true, paramtype: vlogdefine}
  quiet: {datatype: bool, paramtype: plusarg}
targets:
  default: {filesets: [rtl], toplevel: top, parameters: [W=7, FAST, quiet]}
  other: {filesets: [missing]}
"""


@needs_slang
def test_a_core_file_gives_files_parameters_and_top(tree: Path) -> None:
    top = TOP.replace("module top(", '`include "defs.vh"\nmodule top #(parameter W=1)(')
    write(tree, ip__it_core=CORE, ip__rtl__leaf_v=LEAF, ip__rtl__top_v=top, ip__rtl__defs_vh="\n")
    found = read_project([Path("ip/it.core")])
    assert found.design.top == "top"
    assert set(found.design.files()) == {"ip/rtl/leaf.v", "ip/rtl/top.v", "defs.vh"}
    assert found.design.parameters == (("W", "7"),)
    assert found.design.defines == (("FAST", "1"),)
    assert len(found.notes) == 2
    assert "x:y:z" in found.notes[0] or "x:y:z" in found.notes[1]
    assert elaborate(found.design).ok


@pytest.mark.parametrize(
    ("text", "place", "said", "target"),
    [
        ("name: a\n", ":1:", "CAPI=2:", ""),
        ("CAPI=2:\nfilesets: [\n", ":3:", "no YAML", ""),
        ("CAPI=2:\n- a\n", ":2:", "mapping", ""),
        (CORE, ":19:", "no fileset 'missing'", "other"),
        (CORE, "it.core", "no target 'nope'", "nope"),
        ("CAPI=2:\ntargets:\n  default: 3\n", ":3:", "no mapping", ""),
        ("CAPI=2:\ntargets:\n  a: {}\n  b: {}\n", "it.core", "name one of a, b", ""),
        ("CAPI=2:\ntargets:\n  default: {parameters: [Q]}\n", ":3:", "no parameter 'Q'", ""),
        ("CAPI=2:\nx: !!python/object/apply:os.system ['true']\n", ":2:", "no YAML", ""),
    ],
)
def test_a_bad_core_file_is_refused_with_its_line(
    tree: Path, text: str, place: str, said: str, target: str
) -> None:
    write(tree, it_core=text)
    error = str(refused("it.core", target=target))
    assert place in error
    assert said in error


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("\n-y lib\n", 2, "name the files"),
        ("$HOME/a.v", 1, "environment"),
        ("${ROOT}/a.v", 1, "environment"),
        ("~/a.v", 1, "environment"),
        ("rtl/*.v", 1, "pattern"),
        ("\n\n-Wl,evil", 3, "not understood"),
        ("+plusarg", 1, "not understood"),
        ("a.v -f", 1, "needs a value"),
        ('"a.v', 1, "quote"),
        ("+define+1X=3", 1, "NAME=VALUE"),
        ("-f all.f", 1, "names itself"),
        ("-f gone.f", 1, "no file"),
        ("gone.v", 1, "no file"),
        ("../gone.v", 1, "outside"),
    ],
)
def test_a_bad_list_is_refused_with_its_line(tree: Path, text: str, line: int, said: str) -> None:
    write(tree, all_f=text)
    error = str(refused("all.f"))
    assert f"all.f:{line}: " in error
    assert said in error


def test_lists_nested_too_deeply_are_refused(tree: Path) -> None:
    for number in range(20):
        write(tree, **{f"l{number}_f": f"-f l{number + 1}.f"})
    assert "nested deeper" in str(refused("l0.f"))


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
FILES = st.from_regex(r"[A-Za-z0-9_]{1,8}(/[A-Za-z0-9_]{1,8}){0,2}\.s?v", fullmatch=True)
ENTRIES = st.one_of(
    FILES.map(lambda f: (("file", f), f)),
    FILES.map(lambda f: (("file", f), f'"{f}"')),
    FILES.map(lambda f: (("list", f), f"-f {f}")),
    NAMES.map(lambda n: (("incdir", n), f"+incdir+{n}")),
    NAMES.map(lambda n: (("incdir", n), f"-I{n}")),
    NAMES.map(lambda n: (("define", f"{n}=1"), f"+define+{n}=1")),
    NAMES.map(lambda n: (("define", n), f"-D {n}")),
)
GAPS = st.sampled_from([" ", "\n", " \\\n", "\t// -f x.f\n", " /* +incdir+x\n */ ", "\n# y.v\n"])


@given(st.lists(st.tuples(ENTRIES, GAPS), max_size=12))
def test_a_list_that_was_written_is_read_back(parts: list[tuple[tuple, str]]) -> None:
    text = "".join(f"{written}{gap}" for (_, written), gap in parts)
    found = list(entries(text, "l.f"))
    assert [(e.kind, e.value) for e in found] == [meant for (meant, _), _ in parts]
    lines = [int(e.where.split(":")[1]) for e in found]
    assert lines == sorted(lines)


@given(st.text(max_size=200))
def test_any_text_is_a_list_or_an_error_with_its_line(text: str) -> None:
    try:
        places = [e.where for e in entries(text, "l.f")]
    except ToolError as error:
        places = [str(error)]
    assert all(place.startswith("l.f:") for place in places)
