"""Demultiplexers and Gray codes."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import ENABLES, RESULTS, SELECTS, WORDS, distinct, ports, pure

BRANCHES: Final = ("y", "out", "q", "ch", "o", "port_", "dout", "d_out")


def _demultiplexer(rng: Random) -> Case:
    bits, width = rng.choice((1, 1, 2, 2, 3)), rng.choice((1, 1, 1, 2, 4, 8, 8, 16, 3, 5))
    count = (
        1 << bits
        if bits == 1 or rng.random() < 0.7
        else rng.randint((1 << bits >> 1) + 1, 1 << bits)
    )
    vector = width == 1 and rng.random() < 0.5
    gated, idle = rng.random() < 0.35, rng.choice((0, 0, 0, 1))
    x, s, e, y = distinct(rng, WORDS, SELECTS, ENABLES, BRANCHES)
    start = rng.choice((0, 0, 1))
    names = [f"{y}{n + start}" for n in range(count)]
    if {n.lower() for n in names} & {x.lower(), s.lower(), e.lower()}:
        return _demultiplexer(rng)
    inputs = (Port(x, width), Port(s, bits), *(ports((e,)) if gated else ()))
    outputs = (Port(y, count),) if vector else ports(names, width)
    face = Interface(
        draw_top(("demux", f"demux{count}", "route", "distribute"), rng), inputs, outputs
    )
    rest = ((1 << width) - 1) * idle
    reference, second = _branches((x, s, y, e if gated else ""), names, (bits, width, rest), vector)

    def function(given: Values) -> Outputs:
        on = not gated or given[e]
        shown = [given[x] if on and given[s] == n else rest for n in range(count)]
        if vector:
            return {y: sum(bit << n for n, bit in enumerate(shown))}
        return dict(zip(names, shown, strict=True))

    where = (f"bit {s} of {y}" if vector else
             f"the output that {s} selects ({names[0]} for 0, {names[1]} for 1"
             f"{', and so on' if count > 2 else ''})")  # fmt: skip
    says = _demultiplexer_says((e, s, x, where), bits, count, gated, idle, width)
    key = f"{bits} {count} {width} {vector} {gated} {idle}"
    return pure(key, face, says, reference, second, function, cycles=250)


def _branches(
    ports: tuple[str, ...], names: list[str], sizes: tuple[int, int, int], vector: bool
) -> tuple[str, str]:
    (x, s, y, e), (bits, width, rest) = ports, sizes
    targets = [f"{y}[{n}]" for n in range(len(names))] if vector else names
    guard = f"{e} && " if e else ""
    whole = f"{len(names)}'b{'1' * len(names)}" if rest else f"{len(names)}'d0"
    reference = (
        f"always @(*) begin\n  {y} = {whole};\n  {f'if ({e}) ' if e else ''}{y}[{s}] = {x};\n"
        "end" if vector else "\n".join(
            f"assign {t} = ({guard}{s} == {bits}'d{n}) ? {x} : {width}'d{rest};"
            for n, t in enumerate(targets))
    )  # fmt: skip
    turned = f"~{x}" if rest else x
    second = "\n".join(
        f"assign {t} = {'~' if rest else ''}(({turned}) & {{{width}{{{s} == "
        f"{n}{f' & {e}' if e else ''}}}}});"
        for n, t in enumerate(targets))  # fmt: skip
    return reference, second


def _demultiplexer_says(
    names: tuple[str, ...], bits: int, count: int, gated: bool, idle: int, width: int
) -> Says:
    e, s, x, where = names
    others = f"[all|the] other outputs are {idle}" if not idle or width == 1 else (
        "[all|the] other outputs are all ones")  # fmt: skip
    value = others.rsplit("are ", 1)[1]
    off = f"; with {e} at 0 every output is {value}" if gated else ""
    none = f"; if {s} is {count} or more, no output is selected" if count < 1 << bits else ""
    return Says(
        brief=(
            f"demultiplexer: {x} is passed to {where}; {others}{off}{none}",
            f"[route|send] {x} to {where}, {others}{off}{none}",
            f"1-to-{count} demultiplexer[, {width} bits wide|]; {x} goes to {where} and {others}"
            f"{off}{none}" if width > 1 else
            f"1-to-{count} demultiplexer; {x} goes to {where} and {others}{off}{none}",
            f"{where} follows {x}, and {others}{off}{none}",
        ),
        points=((f"{x} appears on {where}", f"{where} carries {x}"), (others,),
                *(((off[2:],),) if off else ()), *(((none[2:],),) if none else ())),
    )  # fmt: skip


def _decoded(word: int) -> int:
    value = 0
    while word:
        value, word = value ^ word, word >> 1
    return value


def _gray(rng: Random) -> Case:
    width = rng.choice((*range(2, 17), 4, 8, 24, 32))
    kind = rng.choice(("to", "from", "from", "either"))
    b, g, s, y = distinct(rng, ("bin", "binary", "b", "in", "x", "count"),
                          ("gray", "g", "gray_in", "code", "d"), SELECTS, RESULTS)  # fmt: skip
    on = rng.choice((0, 1))
    x = b if kind == "to" else g if kind == "from" else rng.choice(WORDS)
    if len({x.lower(), s.lower(), y.lower()}) < 3:
        return _gray(rng)
    inputs = (Port(x, width), *(ports((s,)) if kind == "either" else ()))
    tops = {"to": ("bin2gray", "to_gray"), "from": ("gray2bin", "from_gray"), "either":
            ("gray_codec", "gray_unit")}[kind]  # fmt: skip
    face = Interface(draw_top((*tops, f"gray{width}"), rng), inputs, (Port(y, width),))
    head = f"integer i;\nalways @(*)\n  for (i = 0; i < {width}; i = i + 1)\n    "
    back, forth = f"^({x} >> i)", f"{x} ^ ({x} >> 1)"
    reference = {
        "to": f"assign {y} = {forth};", "from": f"{head}{y}[i] = {back};",
        "either": f"integer i;\nalways @(*)\n  if ({'' if on else '!'}{s})\n    {y} = {forth};\n"
                  f"  else\n    for (i = 0; i < {width}; i = i + 1)\n      {y}[i] = {back};",
    }[kind]  # fmt: skip
    m = width - 1
    chain = (f"wire [{m}:0] b_;\nassign b_[{m}] = {x}[{m}];\nassign b_[{m - 1}:0] = b_[{m}:1] ^ "
             f"{x}[{m - 1}:0];\n")  # fmt: skip
    into = f"{{{x}[{m}], {x}[{m}:1] ^ {x}[{m - 1}:0]}}"
    second = {"to": f"assign {y} = {into};", "from": f"{chain}assign {y} = b_;",
              "either": f"{chain}assign {y} = ({s} == {on}) ? {into} : b_;"}[kind]  # fmt: skip

    def function(given: Values) -> Outputs:
        word = given[x]
        forward = kind == "to" or (kind == "either" and given[s] == on)
        return {y: word ^ word >> 1 if forward else _decoded(word)}

    says = _gray_says((kind, s, x, y), on, width)
    return pure(f"{kind} {width} {on if kind == 'either' else ''}", face, says, reference, second,
                function)  # fmt: skip


def _gray_says(names: tuple[str, ...], on: int, width: int) -> Says:
    kind, s, x, y = names
    to, back_words = (
        "the Gray code of the binary number {}",
        "the binary number of which {} is the Gray code",
    )
    formula = f" (each bit is the XOR of {x}'s bits at its position and the next higher one)"
    prefix = f" (each bit is the XOR of {x}'s bits from its position up to the top)"
    fact = {
        "to": f"{y} is {to.format(x)}", "from": f"{y} is {back_words.format(x)}",
        "either": f"[if|when] {s} is {on}, {y} is {to.format(x)}, otherwise {y} is "
                  f"{back_words.format(x)}",
    }[kind]  # fmt: skip
    hint = {"to": formula, "from": prefix, "either": ""}[kind]
    name = {"to": "binary to Gray", "from": "Gray to binary", "either": "Gray"}[kind]
    return Says(
        brief=(
            f"{fact}[{hint}|]" if hint and "'" in hint else fact,
            f"{width}-bit {name} [converter|conversion]: {fact}",
            f"{fact}; standard reflected Gray code of {width} bits",
            f"convert, in the reflected Gray code: {fact}",
        ),
        points=((fact,), ("the reflected binary Gray code is meant", "Gray code is the usual "
                          "reflected one (neighbours differ in one bit)")),
    )  # fmt: skip


FAMILIES: Final = (
    Family("demultiplexer", "codes", _demultiplexer),
    Family("Gray code", "codes", _gray, weight=0.8),
)
