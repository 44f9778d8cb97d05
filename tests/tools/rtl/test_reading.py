"""Designs from files, lists and core files: what is found, and what is refused with its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.eda import needs_slang
from terragate.tools.errors import RetryableToolError, ToolError, UsageError
from terragate.tools.rtl.design import PassRule
from terragate.tools.rtl.project.filelist import entries
from terragate.tools.rtl.project.readers import cannot_read
from terragate.tools.rtl.reading import read_design, read_project, read_testbench
from terragate.tools.rtl.slang import elaborate, inspect

LEAF = "module leaf(input a, output y); assign y = ~a; endmodule\n"
TOP = "module top(input a, output y); leaf l(.a(a), .y(y)); endmodule\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty project folder that is the current one."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(folder: Path, **files: str) -> None:
    """Write files by their path, in which "__" stands for "/" and a last "_" for "."."""
    for name, text in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = folder / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def refused(*paths: str, **more: object) -> ToolError:
    """Return the error that reading the paths ends in."""
    with pytest.raises(ToolError) as caught:
        read_project([Path(p) for p in paths], **more)  # type: ignore[arg-type]
    return caught.value


@needs_slang
def test_several_files_make_one_design_and_its_top_is_found(tree: Path) -> None:
    write(tree, rtl__leaf_v=LEAF, rtl__top_v=TOP)
    found = read_project([Path("rtl/leaf.v"), tree / "rtl" / "top.v"])
    assert found.design.top == "top"
    assert list(found.design.files()) == ["rtl/leaf.v", "rtl/top.v"]
    assert dict(found.origins)["rtl/top.v"] == str(tree / "rtl" / "top.v")
    assert elaborate(found.design).ok
    assert read_design([Path("rtl/leaf.v")], top="leaf").top == "leaf"


@needs_slang
def test_files_elsewhere_have_their_own_folder_as_root(tmp_path: Path, tree: Path) -> None:
    write(tmp_path, else__a_v="module a; endmodule", else__sub__b_v="module b; a i(); endmodule")
    paths = [tmp_path / "else" / "a.v", tmp_path / "else" / "sub" / "b.v"]
    assert list(read_design(paths).files()) == ["a.v", "sub/b.v"]


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


@needs_slang
def test_a_climbing_include_is_rewritten_and_data_files_come_along(tree: Path) -> None:
    write(
        tree,
        rtl__top_v='`include "../inc/defs.vh" // "../inc/defs.vh"\n'
        'module top(output reg [3:0] y);\nreg [3:0] m [0:1];\ninitial $readmemh("rom.hex", m);\n'
        'initial y = `W;\n// `include "/etc/passwd"\nlocalparam T = "`include";\nendmodule',
        inc__defs_vh="`define W 1\n",
        rtl__rom_hex="0 1\n",
    )
    design = read_design([Path("rtl/top.v")])
    assert set(design.files()) == {"rtl/top.v", "inc/defs.vh", "rom.hex"}
    assert design.sources[0].text.startswith('`include "inc/defs.vh" // "../inc/defs.vh"\n')
    assert inspect(design).elaborated.ok
    assert inspect(design).forbidden == ()


@needs_slang
def test_a_testbench_is_read_with_its_rule(tree: Path) -> None:
    write(tree, tb_v="module tb; top dut(); endmodule module gen; endmodule")
    rule = PassRule(kind="line", pattern="PASS")
    found = read_testbench([Path("tb.v")], top="tb", rule=rule)
    assert (found.top, found.rule) == ("tb", rule)
    with pytest.raises(RetryableToolError) as two:
        read_testbench([Path("tb.v")])
    assert two.value.candidates == ("gen", "tb")


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


def test_a_missing_file_names_what_looks_like_it(tree: Path) -> None:
    write(tree, counter_v="")
    error = refused("conter.v")
    assert isinstance(error, RetryableToolError)
    assert (error.kind, error.candidates) == ("not_found", ("counter.v",))


def test_a_folder_names_its_files(tree: Path) -> None:
    write(tree, rtl__a_v="", rtl__b_txt="")
    error = refused("rtl")
    assert error.candidates == ("a.v",)
    assert "is a folder" in str(error)


def test_a_large_file_is_refused_unread(tree: Path) -> None:
    with Path("big.v").open("wb") as stream:
        stream.truncate(50_000_000)
    error = refused("big.v")
    assert error.kind == "too_large"
    assert "50.0 MB" in str(error)


def test_a_binary_file_is_refused(tree: Path) -> None:
    Path("a.v").write_bytes(b"\x7fELF\x00\x01")
    assert "binary (a zero byte at position 4)" in str(refused("a.v"))


def test_a_file_in_another_encoding_is_refused_with_the_place(tree: Path) -> None:
    Path("a.v").write_bytes("module a;\n// gr\u00fcn\n".encode("latin1"))
    assert "a.v:2:6: byte 0xfc is not UTF-8" in str(refused("a.v"))


@needs_slang
def test_a_byte_order_mark_is_no_part_of_the_text(tree: Path) -> None:
    Path("a.v").write_bytes(b"\xef\xbb\xbfmodule a; endmodule\n")
    assert read_design([Path("a.v")]).sources[0].text.startswith("module")


def test_a_pipe_is_refused_and_not_waited_for(tree: Path) -> None:
    os.mkfifo("a.v")
    assert "no plain file" in str(refused("a.v"))


def test_a_link_that_leaves_the_project_is_refused(tmp_path: Path, tree: Path) -> None:
    (tmp_path / "secret.v").write_text("module secret; endmodule")
    Path("a.v").symlink_to("../secret.v")
    assert "leads outside" in str(refused("a.v"))
    Path("loop.v").symlink_to("loop.v")
    assert refused("loop.v").kind in ("bad_data", "precondition")


@pytest.mark.parametrize("name", ["/etc/passwd", "../../secret.vh", "~/x.vh", "$HOME/x.vh"])
def test_an_include_that_leaves_the_project_is_refused_with_its_line(tree: Path, name: str) -> None:
    write(tree, top_v=f'module top;\n`include "{name}"\nendmodule\n')
    error = refused("top.v")
    assert "top.v:2: " in str(error)
    assert error.kind == "bad_argument"


def test_two_files_of_one_include_name_are_refused(tree: Path) -> None:
    write(
        tree,
        a__a_v='`include "defs.vh"\nmodule a; endmodule',
        a__defs_vh="`define X 1\n",
        b__b_v='\n`include "defs.vh"\nmodule b; endmodule',
        b__defs_vh="`define X 2\n",
    )
    assert "b/b.v:2: 'defs.vh' is" in str(refused("a/a.v", "b/b.v"))


@needs_slang
def test_an_include_that_is_missing_is_said_by_elaboration(tree: Path) -> None:
    write(tree, top_v='module top;\n`include "nope.vh"\nendmodule\n')
    said = elaborate(read_design([Path("top.v")])).errors
    assert [(d.file, d.line, d.code) for d in said] == [("top.v", 2, "CouldNotOpenIncludeFile")]


@needs_slang
@pytest.mark.parametrize(
    ("text", "kind", "candidates"),
    [
        ("module a; endmodule module b; endmodule", "ambiguous", ("a", "b")),
        ("// nothing\n", "not_found", ()),
        ("this is not Verilog", "not_found", ()),
    ],
)
def test_no_or_several_tops_are_an_error_with_the_candidates(
    tree: Path, text: str, kind: str, candidates: tuple[str, ...]
) -> None:
    write(tree, a_v=text)
    error = refused("a.v")
    assert (error.kind, error.candidates) == (kind, candidates)


@needs_slang
def test_a_top_that_is_not_there_is_an_error_with_the_candidates(tree: Path) -> None:
    write(tree, a_v="module a; endmodule")
    error = refused("a.v", top="b")
    assert (error.kind, error.candidates) == ("not_found", ("a",))
    with pytest.raises(UsageError):
        read_project([Path("a.v")], top="a; $finish")


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


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"parameters": {"W": "8; rm"}}, "parameter W"),
        ({"defines": {"W": "`evil"}}, "define W"),
    ],
)
def test_values_that_could_be_read_as_code_are_refused(
    tree: Path, more: dict[str, object], said: str
) -> None:
    write(tree, a_v="module a; endmodule")
    assert said in str(refused("a.v", **more))


def test_nothing_named_is_an_error(tree: Path) -> None:
    assert refused().kind == "bad_argument"
    write(tree, empty_f="# nothing\n")
    assert "no Verilog file" in str(refused("empty.f"))


@needs_slang
def test_a_tool_that_cannot_read_systemverilog_is_named_and_others_offered(tree: Path) -> None:
    write(tree, a_sv="module a;\ninterface class c; endclass\nendmodule")
    design = read_design([Path("a.sv")])
    error = cannot_read(design, elaborate(design), "iverilog 11.0", "a.sv:2: syntax error\n")
    assert error is not None
    assert str(error).startswith("a.sv:2: iverilog 11.0 cannot read this SystemVerilog")
    assert "slang" in error.candidates
    assert "Icarus" not in error.candidates
    wrong = design.model_copy(update={"top": "b"})
    assert cannot_read(wrong, elaborate(wrong), "iverilog 11.0", "") is None


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
