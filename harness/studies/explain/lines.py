"""One element of one call as lines of text: extents, taps, and the same sum written in three ways."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from rich.text import Text

from harness.oracle.operands import kernel_layout, make_operands
from harness.spec.attributes import from_nhwc
from harness.spec.case import Case, DataKind, Rule
from harness.spec.geometry import Geometry
from harness.studies.explain.axis import HEIGHT, WIDTH, drawing, dropped, extents, reached
from harness.studies.explain.terms import Element, Term, running, terms_of

MOST_TERMS: Final = 24  # products in the table; all are summed
LEGEND: Final = (
    "A row is a window of out_backprop: the number of each tap where it lies on the padded input. "
    "[ ] reaches the element; ( ) lies in the padding and is dropped (C6)."
)
READ: Final = (
    "The last three columns are running totals. The loops (scatter) and the rotated filter add the products in the "
    "order of the table; gather adds them as its # says, because it goes through r, s and p falls as r rises. The "
    "filter read from the back, t = R-1-r and v = S-1-s, is in step with p and q again: the rotation is that minus "
    "sign (C15)."
)


def explanation(case: Case, geometry: Geometry, element: Element | None, width: int) -> Iterator[Text]:
    """The whole explanation, in lines of at most `width` columns where words allow it."""
    yield from _wrapped(case.id, width, "", "bold")
    yield from _call(case, geometry, width)
    for names, axis in ((HEIGHT, geometry.height), (WIDTH, geometry.width)):
        yield Text()
        steps = f"stride {axis.stride}, dilation {axis.dilation}, {case.attributes.padding}"
        yield from _wrapped(
            f"{names.name}: {names.H} {axis.input}, {names.R} {axis.filter}, {steps}", width, "  ", "bold"
        )
        for rule, said in extents(axis, case.attributes.padding, names):
            yield from _wrapped(f"  {rule:<4}{said}", width, " " * 6)
    yield Text()
    if element is None:
        yield from _wrapped("in_backprop has no elements, so nothing is summed (C13).", width)
        return
    yield Text("Where each window lies", "bold")
    yield from _wrapped(LEGEND, width)
    for names, axis, at in ((HEIGHT, geometry.height, element[1]), (WIDTH, geometry.width, element[2])):
        yield Text()
        yield from drawing(axis, at, names, width)
        for line in filter(None, (*reached(axis, at, names), dropped(axis, names))):
            yield from _wrapped(f"  {line}", width, " " * 6)
    yield Text()
    yield from _sum(case, geometry, element, width)


def _call(case: Case, geometry: Geometry, width: int) -> Iterator[Text]:
    call = case.attributes
    shapes = (
        f"in_backprop [N H W C] = {list(geometry.input_shape)} from filter [R S C/G K] = {list(geometry.filter_shape)} "
        f"and out_backprop [N P Q K] = {list(geometry.output_shape)}, {call.dtype}"
    )
    yield from _wrapped(shapes, width)
    C, K, G = geometry.C, geometry.K, geometry.groups
    if G > 1:
        connects = f"each connects {C // G} of the {C} input channels with {K // G} of the {K} output channels"
        yield from _wrapped(f"  {Rule.C8}  {G} groups: {connects}", width, " " * 6)
    if call.data_format == "NCHW":
        yield from _wrapped(f"  {Rule.C7}  the call's lists are in NCHW order; here all is NHWC", width, " " * 6)
    if len(call.input_sizes) == 2:
        yield from _wrapped(
            f"  {Rule.C10} input_sizes is [H W]; N comes from out_backprop, C from the filter", width, " " * 6
        )


def _sum(case: Case, geometry: Geometry, element: Element, width: int) -> Iterator[Text]:
    operands = make_operands(case, DataKind.WITNESS)[0]
    terms = terms_of(geometry, element, operands.filter, kernel_layout(case, operands.out_backprop))
    named = f"in_backprop[n,h,w,c] at [{','.join(map(str, element))}]"
    if case.attributes.data_format == "NCHW":
        named += f" (in the call's order [{','.join(map(str, from_nhwc(element, 'NCHW')))}])"
    if not terms:
        rule = Rule.C5 if geometry.output_shape[1] and geometry.output_shape[2] else Rule.C13
        yield from _wrapped(f"{named}: no product reaches it, so it is exactly 0 ({rule}).", width)
        return
    count = f"{len(terms):,} product{'s' * (len(terms) > 1)}"
    yield from _wrapped(f"{named} is the sum of {count} (C1), here of the witness run's integers", width, "", "bold")
    yield from _folded(_columns(geometry, terms), width)
    if len(terms) > MOST_TERMS:
        yield from _wrapped(f"... and {len(terms) - MOST_TERMS:,} more", width)
    total = sum(term.product for term in terms)
    yield from _wrapped(f"The sum is {_number(total)}, whichever way it is added.", width, "", "bold")
    yield from _wrapped(READ, width)


def _columns(geometry: Geometry, terms: list[Term]) -> list[list[str]]:
    """The table by columns, the first few terms of it, each column with its head."""
    R, S = geometry.height.filter, geometry.width.filter
    shown = terms[:MOST_TERMS]
    columns = [
        ["#", *(str(number) for number, _ in enumerate(shown, 1))],
        ["p,q,k", *(f"{term.p},{term.q},{term.k}" for term in shown)],
        ["r,s", *(f"{term.r},{term.s}" for term in shown)],
        ["t,v", *(f"{R - 1 - term.r},{S - 1 - term.s}" for term in shown)],
        ["filter", *(_number(term.filter) for term in shown)],
        ["out_b.", *(_number(term.out_backprop) for term in shown)],
        ["product", *(_number(term.product) for term in shown)],
    ]
    columns += [
        [form, *(_number(total) for _, total in running(terms, form)[:MOST_TERMS])] for form in ("scatter", "rotated")
    ]
    gathered = (f"#{place} {_number(total)}" for place, total in running(terms, "gather")[:MOST_TERMS])
    return [*columns, ["gather", *gathered]]


def _folded(columns: Sequence[Sequence[str]], width: int) -> Iterator[Text]:
    """A table to the right; what is too wide goes into a further table, each beginning with the first column."""
    sized = [[cell.rjust(max(map(len, column))) for cell in column] for column in columns]
    number, *others = sized
    parts = [[number]]
    for column in others:
        if sum(len(own[0]) + 1 for own in [*parts[-1], column]) > width and len(parts[-1]) > 1:
            parts.append([number])
        parts[-1].append(column)
    for part in parts:
        for at, row in enumerate(zip(*part, strict=True)):
            yield Text(" " + " ".join(row), "dim" if at == 0 else "")


def _number(value: float) -> str:
    """A witness integer, whatever type it is kept in."""
    return f"{int(value)}"


def _wrapped(text: str, width: int, indent: str = "", style: str = "") -> list[Text]:
    lines = wrap(text, max(width, 20), subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
    return [Text(line, style) for line in lines]
