"""Check bits: parity, parity groups, Hamming words, CRC steps and checksums."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import FLAGS, RESULTS, SELECTS, WORDS, distinct, pure

PARITIES: Final = ("parity", "p", "par", "pbit", "parity_bit", "chk")


def _parity(rng: Random) -> Case:
    width, odd = rng.choice((*range(3, 17), 4, 8, 8, 16, 32)), rng.choice((0, 0, 1))
    kind = rng.choice(("bit", "word high", "word low", "check", "check word", "mode"))
    x, p, y, e, s = distinct(rng, WORDS, PARITIES, RESULTS, ("error", "err", "bad", "perr"), (
        *SELECTS, "odd", "odd_mode"))  # fmt: skip
    inputs = {"check": (Port(x, width), Port(p)), "check word": (Port(x, width + 1),),
              "mode": (Port(x, width), Port(s))}.get(kind, (Port(x, width),))  # fmt: skip
    target = {"bit": p, "mode": p, "check": e, "check word": e}.get(kind, y)
    outputs = (Port(target, width + 1 if "word " in kind else 1),)
    top = draw_top(("parity_check", "parity_error") if "check" in kind else
                   ("parity_gen", "add_parity", f"parity{width}"), rng)  # fmt: skip
    face = Interface(top, inputs, outputs)
    own = f"{'~' if odd else ''}^{x}"
    reference = f"assign {target} = " + {
        "bit": own, "word high": f"{{{own}, {x}}}", "word low": f"{{{x}, {own}}}",
        "check": f"^{x} != {p}" if not odd else f"^{x} == {p}", "check word": own,
        "mode": f"^{x} ^ {s}",
    }[kind] + ";"  # fmt: skip
    if kind == "check":
        reference = f"assign {e} = {'~' if odd else ''}^{{{x}, {p}}};"
    seed = s if kind == "mode" else f"1'b{odd}"
    tail = {"word high": f"{{t_, {x}}}", "word low": f"{{{x}, t_}}", "check": f"t_ ^ {p}"}
    second = (f"reg t_;\ninteger i;\nalways @(*) begin\n  t_ = {seed};\n  for (i = 0; i < "
              f"{inputs[0].width}; i = i + 1) t_ = t_ ^ {x}[i];\nend\n"
              f"assign {target} = {tail.get(kind, 't_')};")  # fmt: skip

    def function(given: Values) -> Outputs:
        bit = (given[x].bit_count() + (given[s] if kind == "mode" else odd)) % 2
        shown = {"word high": bit << width | given[x], "word low": given[x] << 1 | bit,
                 "check": bit ^ given.get(p, 0)}.get(kind, bit)  # fmt: skip
        return {target: shown}

    says = _parity_says((e, kind, p, s, x, y), odd, width)
    return pure(f"{width} {odd} {kind}", face, says, reference, second, function)


def _parity_says(names: tuple[str, ...], odd: int, width: int) -> Says:
    e, kind, p, s, x, y = names
    name = "odd" if odd else "even"
    total = f"so that the number of ones, parity bit included, is {name}"
    fact = {
        "bit": f"{p} is the {name} parity bit of {x}, {total}",
        "word high": f"{y} is {x} with an {name} parity bit in front of it (most significant bit), "
                     f"{total}",
        "word low": f"{y} is {x} followed by an {name} parity bit in bit 0, {total}",
        "check": f"{e} is 1 [if|when] {x} and its {name} parity bit {p} do not fit, that is "
                 f"[if|when] the number of ones in both together is {'even' if odd else 'odd'}",
        "check word": f"{x} holds {width} data bits and an {name} parity bit; {e} is 1 [if|when] "
                      f"the number of ones in {x} is {'even' if odd else 'odd'}, else 0",
        "mode": f"{p} is the parity bit of {x}: even parity [if|when] {s} is 0 (ones including {p} "
                f"are even), odd parity [if|when] {s} is 1",
    }[kind]  # fmt: skip
    does = "[check|verify] the parity" if "check" in kind else "[generate|form] the parity"
    return Says(
        brief=(fact, f"{does} of the {width}-bit data: {fact}", f"parity, {width} data bits. {fact}"
               if fact[0] != "[" else f"{fact}", f"{name} parity: {fact}" if kind != "mode" else
               f"selectable parity: {fact}"),
        points=((fact,), (f"there are {width} data bits", f"{width} bits of data are protected")),
    )  # fmt: skip


def _groups(rng: Random) -> Case:
    """Return check bits over listed data bits; the Hamming code is one draw of them."""
    hamming = rng.random() < 0.35
    width = 4 if hamming else rng.randint(4, 8)
    count = 3 if hamming else rng.randint(2, 4)
    groups = [sorted(rng.sample(range(width), rng.randint(2, width - 1))) for _ in range(count)]
    order = [0, 1, 2, 3] if rng.random() < 0.6 else [3, 2, 1, 0]
    if hamming:
        groups = [sorted(order[n] for n in group) for group in ((0, 1, 3), (0, 2, 3), (1, 2, 3))]
    x, p, y = distinct(rng, WORDS, ("p", "chk", "par", "check"), (*RESULTS, "codeword", "coded"))
    form = "word" if hamming or rng.random() < 0.4 else "bits"
    output = Port(y, width + count) if form == "word" else Port(p, count)
    top = draw_top(("hamming_enc", "ecc_encode", "check_bits", "encode"), rng)
    face = Interface(top, (Port(x, width),), (output,))
    terms = [" ^ ".join(f"{x}[{n}]" for n in group) for group in groups]
    if hamming:
        layout = [("p", 0), ("p", 1), ("d", order[0]), ("p", 2), *(("d", n) for n in order[1:])]
    else:
        layout = [*(("p", n) for n in range(count)), *(("d", n) for n in range(width))]
    whole = [terms[n] if kind == "p" else f"{x}[{n}]" for kind, n in layout]
    reference = f"assign {y} = {{{', '.join(reversed(whole))}}};"
    if not hamming:
        reference = "" if form == "bits" else f"wire [{count - 1}:0] {p};\n"
        reference += "\n".join(f"assign {p}[{n}] = {t};" for n, t in enumerate(terms))
        reference += f"\nassign {y} = {{{x}, {p}}};" if form == "word" else ""
    masks = [sum(1 << n for n in group) for group in groups]
    checks = [f"^({x} & {width}'d{mask})" for mask in masks]
    whole = [checks[n] if kind == "p" else f"{x}[{n}]" for kind, n in layout]
    shown = whole if form == "word" else whole[:count]
    second = "\n".join(f"assign {output.name}[{n}] = {bit};" for n, bit in enumerate(shown))

    def function(given: Values) -> Outputs:
        bits = [(given[x] & masks[n]).bit_count() % 2 if kind == "p" else given[x] >> n & 1
                for kind, n in layout]  # fmt: skip
        word = sum(bit << n for n, bit in enumerate(bits))
        return {output.name: word % (1 << output.width)}

    says = _group_says((x, p, y), terms, layout, hamming, form == "word")
    return pure(f"{groups} {hamming} {form}", face, says, reference, second, function)


def _group_says(
    names: tuple[str, str, str], terms: list[str], layout: list[tuple[str, int]], hamming: bool,
    whole: bool,
) -> Says:  # fmt: skip
    x, p, y = names
    label = "{}{}" if hamming or not whole else "{}[{}]"
    mark = [label.format(p, n) if hamming or whole else f"{p}[{n}]" for n in range(len(terms))]
    listed = ", ".join(f"{m} = {term}" for m, term in zip(mark, terms, strict=True))
    order = ", ".join(mark[n] if kind == "p" else f"{x}[{n}]" for kind, n in reversed(layout))
    packed = f"; from the most significant bit down {y} is {{{order}}}" if hamming else (
        f"; {y} is {x} with the check bits {p} appended below it: {{{x}, "
        f"{p}}}" if whole else "")  # fmt: skip
    name = "Hamming (7,4) encoder" if hamming else "check bit generator"
    return Says(
        brief=(
            f"form the check bits {listed} of the data {x}{packed}",
            f"{name}: {listed}{packed}",
            f"the check bits of {x} are {listed}{packed}",
            f"{name} for the word {x} with {listed}{packed}",
        ),
        points=(*((f"{m} = {t}", f"the check bit {m} is {t}") for m, t in
                  zip(mark, terms, strict=True)), *(((packed[2:],),) if packed else ())),
    )  # fmt: skip


def _taps(rng: Random) -> Case:
    width, negated = rng.choice((*range(4, 17), 8, 16)), rng.random() < 0.25
    taps = sorted(rng.sample(range(width), rng.randint(2, min(6, width - 1))), reverse=True)
    x, y = distinct(rng, (*WORDS, "lfsr", "state", "shreg"), (*FLAGS, "fb", "feedback", "bit_out"))
    face = Interface(draw_top(("taps", "feedback_bit", "xor_taps", "fb_unit"), rng),
                     (Port(x, width),), (Port(y),))  # fmt: skip
    value = " ^ ".join(f"{x}[{n}]" for n in taps)
    mask = sum(1 << n for n in taps)
    second = f"assign {y} = {'~' if negated else ''}^({x} & {width}'h{mask:x});"
    names = ", ".join(map(str, taps[:-1])) + f" and {taps[-1]}"
    word = "XNOR" if negated else "XOR"
    end = "; the result is inverted" if negated else ""
    says = Says(
        brief=(
            f"{y} is the XOR of the bits {names} of {x}{end}",
            f"[feedback|tap] function: XOR the bits {names} of the {width}-bit {x} into {y}{end}",
            f"{y} = {word} over {x}'s bits {names}" + (" (inverted XOR of all)" if negated else ""),
            f"the bits {names} of {x} are XORed together to form {y}{end}",
        ),
        points=((f"the bits {names} of {x} are XORed",), (f"{y} is the result, inverted" if negated
                                                         else f"{y} is the result",)),
    )  # fmt: skip
    return pure(f"{width} {taps} {negated}", face, says,
                f"assign {y} = {f'~({value})' if negated else value};", second,
                lambda given: {y: ((given[x] & mask).bit_count() + negated) % 2})  # fmt: skip


def _crc(rng: Random) -> Case:
    width, right = rng.choice((3, 4, 5, 6, 7, 8, 8, 10, 12, 16, 16)), rng.random() < 0.4
    poly = rng.randrange(1 << width) | (1 << width - 1 if right else 1)
    c, d, y = distinct(rng, ("crc", "crc_in", "state", "c", "crc_now", "old"),
                       ("d", "din", "bit_in", "data_in", "x", "serial"),
                       ("next", "crc_next", "crc_out", "out", "y", "c_next"))  # fmt: skip
    face = Interface(draw_top(("crc_step", f"crc{width}", "crc_bit", "next_crc"), rng),
                     (Port(c, width), Port(d)), (Port(y, width),))  # fmt: skip
    m, digits = width - 1, (width + 3) // 4
    constant = f"{width}'h{poly:0{digits}x}"
    end, moved = (f"{c}[0]", f"({c} >> 1)") if right else (f"{c}[{m}]", f"({c} << 1)")
    reference = f"wire fb = {end} ^ {d};\nassign {y} = {moved} ^ (fb ? {constant} : {width}'d0);"
    ends = [f"{c}[{n + 1}]" if right else f"{c}[{n - 1}]" for n in range(width)]
    ends[m if right else 0] = "1'b0"
    second = f"wire f_ = {end} != {d};\n" + "\n".join(
        f"assign {y}[{n}] = {e}{' ^ f_' if poly >> n & 1 else ''};"
        for n, e in enumerate(ends))  # fmt: skip

    def function(given: Values) -> Outputs:
        word, bit = given[c], given[d]
        if right:
            return {y: word >> 1 ^ poly * ((word & 1) ^ bit)}
        return {y: (word << 1 ^ poly * (word >> m ^ bit)) % (1 << width)}

    says = _crc_says((c, constant, d, y), digits, m, poly, right, width)
    return pure(f"{width} {right} {poly}", face, says, reference, second, function, cycles=300)


def _crc_says(
    names: tuple[str, ...], digits: int, m: int, poly: int, right: bool, width: int
) -> Says:
    c, constant, d, y = names
    way, which = ("right", f"bit 0 of {c}") if right else ("left", f"bit {m} of {c}")
    hexed = f"hexadecimal {poly:0{digits}x}"
    return Says(
        brief=(
            f"one step of a {width}-bit CRC: {y} is {c} shifted {way} by one (zero shifted in) "
            f"and, "
            f"[if|when] {which} differs from {d}, XORed with the polynomial {hexed}".replace(
                f"a {width}-bit", "an 8-bit") if width in (8, 11, 18) else
            f"one step of a {width}-bit CRC: {y} is {c} shifted {way} by one (zero shifted in) "
            f"and, "
            f"[if|when] {which} differs from {d}, XORed with the polynomial {hexed}",
            f"the feedback is {which} XOR {d}. {y} is {c} shifted {way} by one place with a 0 "
            f"shifted"
            f" in, XORed with {constant} if the feedback is 1",
            f"CRC update for the data bit {d}, polynomial {constant}: shift {c} {way} by one, "
            f"and XOR"
            f" in the polynomial if {which} XOR {d} is 1. The new value is {y}",
        ),
        points=((f"the feedback bit is {which} XOR {d}",),
                (f"{c} is shifted {way} by one place, a 0 comes in",),
                (f"if the feedback bit is 1, the shifted value is XORed with {constant}",),
                (f"{y} is the result",)),
    )  # fmt: skip


FAMILIES: Final = (
    Family("parity", "codes", _parity),
    Family("check bits", "codes", _groups, held_out=True),
    Family("xor of taps", "codes", _taps),
    Family("CRC step", "codes", _crc, weight=0.8),
)
