"""Designs from files: what is found, and what is refused with its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from terragate.tests.support.eda import needs_slang
from terragate.tests.tools.rtl.project_files import LEAF, TOP, refused, write
from terragate.tools.errors import RetryableToolError, UsageError
from terragate.tools.rtl.design import PassRule
from terragate.tools.rtl.project.readers import cannot_read
from terragate.tools.rtl.reading import read_design, read_project, read_testbench
from terragate.tools.rtl.slang import elaborate, inspect


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
