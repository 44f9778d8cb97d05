"""`terragate rtl`: Verilog that is written, verified, compared, repaired and explained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...tools.errors import UsageError
from .rtl_calibrate import calibrate

app = typer.Typer(help="Verilog: generate, verify, compare, repair, explain.", no_args_is_help=True)
Files = Annotated[
    list[Path] | None, typer.Argument(help="Verilog files, file lists (.f) or FuseSoC .core files.")
]
Top = Annotated[str, typer.Option(help="Name of the module.")]
Testbench = Annotated[list[Path] | None, typer.Option(help="A file of the testbench; repeatable.")]
TbTop = Annotated[str, typer.Option(help="Top of the testbench, where it has several.")]
Pass = Annotated[
    str,
    typer.Option("--pass", help="How the testbench says it passed: exit, mismatches, line:REGEX."),
]
Reference = Annotated[list[Path] | None, typer.Option(help="A file of a reference design.")]
Properties = Annotated[Path | None, typer.Option(help="A module of assertions about the ports.")]
Require = Annotated[str, typer.Option(help="Strength: proved, bounded:N or simulated:N.")]
IncludeDirs = Annotated[list[Path] | None, typer.Option("-I", help="Include directory.")]
Defines = Annotated[list[str] | None, typer.Option("-D", help="Macro, as NAME or NAME=VALUE.")]
Parameters = Annotated[list[str] | None, typer.Option("-P", help="Parameter of the top.")]
Lists = Annotated[list[Path] | None, typer.Option("-f", help="File list.")]
Cores = Annotated[list[Path] | None, typer.Option("--core", help="FuseSoC core file.")]
Target = Annotated[str, typer.Option(help="Target of the core file.")]
BudgetS = Annotated[float, typer.Option(min=1, help="Seconds for the formal checks.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Model = Annotated[str | None, typer.Option(help="Model profile or server URL.")]
Out = Annotated[Path | None, typer.Option(help="Folder for runs.")]
Record = Annotated[Path | None, typer.Option(help="Write the model's answers here.")]
Replay = Annotated[Path | None, typer.Option(help="Answer from a recording.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of sampled answers.")]
Tokens = Annotated[int | None, typer.Option("--budget-tokens", min=1, help="Most tokens.")]


@app.command()
def generate(
    spec: Annotated[Path, typer.Argument(help="The specification, as text or Markdown.")],
    top: Top,
    testbench: Testbench = None,
    tb_top: TbTop = "",
    passes: Pass = "exit",
    reference: Reference = None,
    properties: Properties = None,
    interface: Annotated[Path | None, typer.Option(help="The module's header.")] = None,
    workflow: Annotated[
        str, typer.Option(help="Family: cascade, single, cot or refine.")
    ] = "cascade",
    samples: Annotated[
        int | None, typer.Option("-k", min=1, max=64, help="Candidates per operator.")
    ] = None,
    budget_tokens: Tokens = None,
    require: Require = "",
    calibration: Annotated[
        Path | None, typer.Option(help="Settings that `rtl calibrate` wrote.")
    ] = None,
    model: Model = None,
    out: Out = None,
    record: Record = None,
    replay: Replay = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Write a module from a specification, and say how far it is verified."""
    import anyio

    from .rtl_input import read_calibration, read_spec, read_task
    from .rtl_run import generate_design, rtl_request

    held = _held(testbench, tb_top, passes, reference, properties, require)
    text = read_spec(spec)
    task = read_task(held, top, interface=interface, spec=text)
    tuning: dict[str, Any] = read_calibration(calibration) if calibration else {}
    if samples is not None:
        tuning["samples"] = samples
    request = rtl_request(task, workflow, tuning=tuning, tokens=budget_tokens, seed=seed)
    choices = _choices(model, out, record, replay)
    raise typer.Exit(anyio.run(generate_design, request, choices, as_json))


app.command()(calibrate)


@app.command()
def verify(
    files: Files = None,
    top: Top = "",
    testbench: Testbench = None,
    tb_top: TbTop = "",
    passes: Pass = "exit",
    reference: Reference = None,
    properties: Properties = None,
    liberty: Annotated[Path | None, typer.Option(help="Cell library, for the area.")] = None,
    require: Require = "",
    include_dirs: IncludeDirs = None,
    defines: Defines = None,
    parameters: Parameters = None,
    lists: Lists = None,
    cores: Cores = None,
    target: Target = "",
    budget_s: BudgetS = 60.0,
    as_json: AsJson = False,
) -> None:
    """Say how far a design can be trusted, with no model."""
    from .rtl_check import verify_live
    from .rtl_input import read_given, read_liberty, read_task

    given = _given(files, include_dirs, defines, parameters, lists, cores, target)
    design = read_given(given, top).design
    held = _held(testbench, tb_top, passes, reference, properties, require)
    task = read_task(held, design.top, given=given)
    cells = read_liberty(liberty) if liberty else None
    code = verify_live(design, task, liberty=cells, budget_s=budget_s, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def equiv(
    reference: Annotated[Path, typer.Argument(help="What the design is compared with.")],
    design: Annotated[Path, typer.Argument(help="The design in question.")],
    top: Top = "",
    budget_s: BudgetS = 60.0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for counterexample.vcd and replay.sv.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide whether a design does what a reference does: proved, bounded, refuted or unknown."""
    from .rtl_check import equiv as decide
    from .rtl_input import Given, read_given, read_reference

    gate = read_given(Given(files=(design,)), top).design
    gold = read_reference((reference,), gate.top)
    raise typer.Exit(decide(gold, gate, budget_s=budget_s, out=out, as_json=as_json))


@app.command()
def repair(
    files: Files = None,
    top: Top = "",
    testbench: Testbench = None,
    tb_top: TbTop = "",
    passes: Pass = "exit",
    reference: Reference = None,
    properties: Properties = None,
    log: Annotated[Path | None, typer.Option(help="What was printed where it failed.")] = None,
    only: Annotated[
        str, typer.Option("--file", help="The file to mend; the one that holds the top.")
    ] = "",
    budget_tokens: Tokens = None,
    require: Require = "",
    include_dirs: IncludeDirs = None,
    defines: Defines = None,
    parameters: Parameters = None,
    lists: Lists = None,
    model: Model = None,
    out: Out = None,
    record: Record = None,
    replay: Replay = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Mend a design: a patch that verifies, or an honest no."""
    import anyio

    from .rtl_input import read_given, read_task, start_of
    from .rtl_run import repair_design, rtl_request

    if not testbench and not reference:
        raise UsageError("a repair needs --testbench or --reference: something that can judge it")
    given = _given(files, include_dirs, defines, parameters, lists, None, "")
    design = read_given(given, top).design
    held = _held(testbench, tb_top, passes, reference, properties, require)
    task = read_task(held, design.top, given=given, **start_of(design, log, only))
    request = rtl_request(task, "repair", tokens=budget_tokens, seed=seed)
    choices = _choices(model, out, record, replay)
    raise typer.Exit(anyio.run(repair_design, request, choices, as_json))


@app.command()
def explain(
    vcd: Annotated[Path, typer.Argument(help="A waveform (VCD).")],
    design: Annotated[list[Path] | None, typer.Option(help="A file of the design.")] = None,
    top: Top = "",
    signals: Annotated[
        list[str] | None, typer.Option("--signal", help="A signal to show; repeatable.")
    ] = None,
    around: Annotated[int | None, typer.Option(min=0, help="Time to look at.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the signals here.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw the signals here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a waveform shows: clock, reset, first mismatch, first unknown, dead signals."""
    from .rtl_input import Given, read_given
    from .rtl_waves import explain_waves

    known = read_given(Given(files=tuple(design)), top).design if design else None
    pictures = {"svg": svg, "png": png}
    explain_waves(vcd, known, tuple(signals or ()), around, pictures, as_json=as_json)


def _given(
    files: list[Path] | None,
    include_dirs: list[Path] | None,
    defines: list[str] | None,
    parameters: list[str] | None,
    lists: list[Path] | None,
    cores: list[Path] | None,
    target: str,
) -> Any:
    from .rtl_input import Given

    return Given(
        files=tuple(files or ()),
        include_dirs=tuple(include_dirs or ()),
        defines=tuple(defines or ()),
        parameters=tuple(parameters or ()),
        lists=tuple(lists or ()),
        cores=tuple(cores or ()),
        target=target,
    )


def _held(
    testbench: list[Path] | None,
    tb_top: str,
    rule: str,
    reference: list[Path] | None,
    properties: Path | None,
    require: str,
) -> Any:
    from .rtl_input import Held

    return Held(
        testbench=tuple(testbench or ()),
        tb_top=tb_top,
        rule=rule,
        reference=tuple(reference or ()),
        properties=properties,
        require=require,
    )


def _choices(model: str | None, out: Path | None, record: Path | None, replay: Path | None) -> Any:
    from .session import Choices

    return Choices(catalog="none", model=model, out=out, record=record, replay=replay)
