"""One axis in words and as a drawing: how its extents come about, what reaches a position, where each window lies."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.text import Text

from harness.spec.case import Rule
from harness.spec.geometry import Axis
from harness.studies.explain.terms import meetings, pairs

MOST_ROWS: Final = 12  # windows that are drawn
MOST_TAPS: Final = 12  # taps that are told one by one
_LONG: Final = 1024  # positions and windows of one axis that are looked at one by one
TAPS: Final = ("blue", "magenta", "cyan", "green", "yellow", "red")  # a terminal's colours, by tap


@dataclass(frozen=True, slots=True)
class Letters:
    """What the field calls the extents and the indices of one axis."""

    name: str
    H: str
    R: str
    P: str
    h: str
    r: str
    p: str
    before: str
    after: str


HEIGHT: Final = Letters("height", "H", "R", "P", "h", "r", "p", "pt", "pb")
WIDTH: Final = Letters("width", "W", "S", "Q", "w", "s", "q", "pl", "pr")


def extents(axis: Axis, padding: str, names: Letters) -> Iterator[tuple[Rule, str]]:
    """Each extent with its formula and its rule; then what of the input nothing reaches."""
    H, R, P, before, after = names.H, names.R, names.P, names.before, names.after
    sh, dh = f"s{names.h}", f"d{names.h}"
    eff = axis.effective_filter
    yield Rule.C2, f"eff{R} = ({R}-1)*{dh} + 1 = ({axis.filter}-1)*{axis.dilation} + 1 = {eff}"
    match padding:
        case "SAME":
            yield Rule.C3, f"{P} = ceil({H}/{sh}) = ceil({axis.input}/{axis.stride}) = {axis.output}"
            numbers = f"max(({axis.output}-1)*{axis.stride} + {eff} - {axis.input}, 0)"
            total = f"{before} + {after} = max(({P}-1)*{sh} + eff{R} - {H}, 0) = {numbers}"
            yield Rule.C4, f"{total} = {axis.pad_before + axis.pad_after}: {_pads(axis, names)}"
        case "VALID":
            numbers = f"ceil(({axis.input}-{eff}+1)/{axis.stride})"
            yield Rule.C3, f"{P} = ceil(({H}-eff{R}+1)/{sh}) = {numbers} = {axis.output}"
        case _:
            yield Rule.C12, f"explicit_paddings: {_pads(axis, names)}"
            numbers = f"floor(({axis.input}+{axis.pad_before}+{axis.pad_after}-{eff})/{axis.stride}) + 1"
            yield Rule.C3, f"{P} = floor(({H}+{before}+{after}-eff{R})/{sh}) + 1 = {numbers} = {axis.output}"
    if said := _untouched(axis, names):
        yield Rule.C5, said


def _pads(axis: Axis, names: Letters) -> str:
    return f"{names.before} {axis.pad_before}, {names.after} {axis.pad_after}"


def _untouched(axis: Axis, names: Letters, most: int = 8) -> str:
    """The positions that no tap reaches; a long axis is looked at from its beginning."""
    shown = range(min(axis.input, _LONG))
    empty = [at for at in shown if not pairs(axis, at)]
    if not empty:
        return ""
    more = ", ..." if len(empty) > most or axis.input > _LONG else ""
    return f"no tap reaches {names.h} {', '.join(map(str, empty[:most]))}{more}: 0 there"


def reached(axis: Axis, position: int, names: Letters) -> list[str]:
    """For every tap the p from which it would reach a position, p = (h + pt - r*dh)/sh, and whether there is one."""
    lines = []
    for met in meetings(axis, position):
        formula = f"({position} + {axis.pad_before} - {met.tap}*{axis.dilation})/{axis.stride}"
        whole = f"{met.reach // axis.stride}" if met.reach % axis.stride == 0 else f"{met.reach}/{axis.stride}"
        if met.source is not None:
            said = "reaches it"
        elif met.reach % axis.stride:
            said = f"not whole, so no {names.p}"
        else:
            said = f"no {names.p}, which goes from 0 to {axis.output - 1}" if axis.output else f"there is no {names.p}"
        lines.append(f"{names.r} {met.tap}: {names.p} = {formula} = {whole}: {said}")
    more = len(lines) - MOST_TAPS
    return [*lines[:MOST_TAPS], f"and {more:,} taps more"] if more > 0 else lines


def dropped(axis: Axis, names: Letters, most: int = 8) -> str:
    """The taps that lie in the padding, by window; of a long axis those of its first and last windows."""
    ends = dict.fromkeys([*range(axis.output)[:_LONG], *range(axis.output)[-_LONG:]])
    taps = [
        f"{names.p} {p} {names.r} {r}"
        for p in ends
        for r in range(axis.filter)
        if not 0 <= p * axis.stride + r * axis.dilation - axis.pad_before < axis.input
    ]
    more = f", and {len(taps) - most:,} more" if len(taps) > most else ""
    return f"in the padding, dropped (C6): {', '.join(taps[:most])}{more}" if taps else ""


def drawing(axis: Axis, position: int, names: Letters, width: int) -> list[Text]:
    """A row for each window, with its taps where they lie over the padded input; `width` columns at most.

    In parentheses what lies in the padding, in brackets what reaches the position. What does not fit is left out
    around the position.
    """
    cell = 2 + len(str(max(axis.input + axis.pad_after - 1, axis.pad_before and axis.pad_before + 9, axis.filter - 1)))
    lead = 2 + len(names.p) + 1 + len(str(max(axis.output - 1, 0))) + 1
    columns = _around(position, -axis.pad_before, axis.input + axis.pad_after, max(1, (width - lead - 4) // cell))
    first = (columns.start + axis.pad_before - axis.effective_filter) // axis.stride + 1
    last = (columns.stop - 1 + axis.pad_before) // axis.stride
    below = max(0, min(last + 1, axis.output))
    sources = [p for p, _ in pairs(axis, position)]
    middle = sources[len(sources) // 2] if sources else (position + axis.pad_before) // axis.stride
    rows = _around(min(max(middle, 0), max(0, axis.output - 1)), max(0, min(first, below)), below, MOST_ROWS)
    more = (columns.start > -axis.pad_before, columns.stop < axis.input + axis.pad_after)
    lines = [_head(axis, position, names, columns, lead, cell, more)]
    if rows.start > 0:
        lines.append(Text("  ..."))
    lines += [_window(axis, p, position, names, columns, lead, cell) for p in rows]
    if rows.stop < axis.output:
        lines.append(Text("  ..."))
    return lines


def _around(middle: int, start: int, stop: int, most: int) -> range:
    """At most so many of the indices, with the middle among them."""
    first = max(start, min(middle - most // 2, stop - most))
    return range(first, min(stop, first + most))


def _head(
    axis: Axis, position: int, names: Letters, columns: range, lead: int, cell: int, more: tuple[bool, bool]
) -> Text:
    line = Text(f"  {names.h}".ljust(lead - 2 if more[0] else lead))
    line.append(".." if more[0] else "")
    for at in columns:
        shown = _marked(str(at), chosen=at == position, padded=not 0 <= at < axis.input)
        line.append(shown.rjust(cell), "bold" if at == position else "dim" if "(" in shown else "")
    line.rstrip()
    return line.append("  ..") if more[1] else line


def _window(axis: Axis, p: int, position: int, names: Letters, columns: range, lead: int, cell: int) -> Text:
    line = Text(f"  {names.p} {p}".ljust(lead))
    for at in columns:
        tap, between = divmod(at + axis.pad_before - p * axis.stride, axis.dilation)
        if between or not 0 <= tap < axis.filter:
            line.append(" " * cell)
            continue
        shown = _marked(str(tap), chosen=at == position, padded=not 0 <= at < axis.input)
        bold = "bold " * (at == position)
        line.append(shown.rjust(cell), "dim" if "(" in shown else f"{bold}{TAPS[tap % len(TAPS)]}")
    line.rstrip()
    return line


def _marked(text: str, *, chosen: bool, padded: bool) -> str:
    return f"[{text}]" if chosen else f"({text})" if padded else f"{text} "
