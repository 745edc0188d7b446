"""One result as text: the compact diff, and how numbers and strange characters are written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.records import Check, Element, Number, Result, Verdict

WIDTH: Final = 100  # columns of a terminal that a table of elements may use
VERDICTS: Final = {verdict: verdict.replace("_", " ") for verdict in Verdict}


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text, under a title."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A result in full: what happened, the checks that did not pass with their worst elements, the error."""

    headline: str
    diffs: tuple[Table, ...]
    error: tuple[str, ...]
    reproduce: str
    diagnosis: str | None = None


def failure_text(result: Result) -> str:
    """The compact diff for a terminal: what happened, where it differs most, and the line that reproduces it."""
    failure = failure_of(result)
    diffs = [line for diff in failure.diffs for line in (diff.title, *_aligned(diff))]
    diagnosis = [f"diagnosis: {failure.diagnosis}"] if failure.diagnosis else []
    return visible("\n".join([failure.headline, *diagnosis, *diffs, *failure.error, f"reproduce: {failure.reproduce}"]))


def failure_of(result: Result) -> Failure:
    """One result in full, whatever its verdict."""
    subject = f"{result.implementation} {VERDICTS[result.verdict]} on {result.case}"
    return Failure(
        headline=f"{subject}: {result.why}" if result.why else subject,
        diffs=tuple(_diff(check) for check in result.checks if check.status != "pass"),
        error=tuple(_error_lines(result)),
        reproduce=result.reproduce,
        diagnosis=result.diagnosis,
    )


def visible(text: str) -> str:
    """The text with control characters and marks that reorder it written as escapes; line ends and tabs stay."""
    if text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def plain(value: object) -> str:
    """A value of a record in words: a list in brackets, a mapping as `key value` pairs, nothing for None."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3g}"
        case dict():
            return ", ".join(f"{key} {plain(item)}" for key, item in value.items())
        case list() | tuple():
            return f"[{', '.join(plain(item) for item in value)}]"
        case _:
            return str(value)


def aligned(table: Table) -> list[str]:
    """A table of counts in columns, its heads among them; the first one to the left. Nothing without rows."""
    if not table.rows:
        return []
    lines = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    first, *others = widths
    return [
        "  ".join([f"{line[0]:<{first}}", *(f"{cell:>{width}}" for cell, width in zip(line[1:], others, strict=True))])
        for line in lines
    ]


def _diff(check: Check) -> Table:
    errors = {"margin": check.margin, "max abs": check.max_abs, "rel": check.max_rel, "ulp": check.max_ulp}
    told = ", ".join(f"{name} {plain(value)}" for name, value in errors.items() if value is not None)
    if told or check.mismatched:  # a check without numbers has compared no elements
        told = f"{check.mismatched:,} of {check.total:,} elements differ, {told}".removesuffix(", ")
    subject = check.name + f" ({check.data})" * (check.data != check.name) + f" {check.status}"
    columns = ("index", "expected", "actual", "abs", "rel", "ulp", "bound")
    title = f"{subject}: {'; '.join(filter(None, (told, check.note)))}"
    return Table(title, columns, tuple(map(element_cells, check.worst)))


def element_cells(element: Element) -> tuple[str, ...]:
    """Index, expected, actual, abs, rel, ulp, bound of one element as text."""
    errors = (element.abs, element.rel, element.ulp, element.bound)
    return (plain(element.index).replace(" ", ""), *_pair(element.expected, element.actual), *map(plain, errors))


def _pair(expected: Number, actual: Number) -> tuple[str, str]:
    """Both values with as many digits as it takes to tell them apart."""
    if isinstance(expected, int) and isinstance(actual, int):
        return str(expected), str(actual)
    shown = [(f"{expected:.{digits}g}", f"{actual:.{digits}g}") for digits in (9, 12, 17)]
    return next((both for both in shown if both[0] != both[1]), shown[0])


def _aligned(table: Table) -> list[str]:
    """The table in columns; where it would be too wide, first `rel` and then `ulp` gives way."""
    columns = list(zip(table.columns, *table.rows, strict=True)) if table.rows else []
    for narrower in ("rel", "ulp"):
        if sum(2 + max(map(len, column)) for column in columns) > WIDTH:
            columns = [column for column in columns if column[0] != narrower]
    widths = [max(map(len, column)) for column in columns]
    lines = zip(*columns, strict=True)
    return ["".join(f"  {cell:>{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines]


def _error_lines(result: Result) -> Iterator[str]:
    """What was raised, unless the headline says it already, and how the process ended."""
    if error := result.error:
        said = f"{error.error_class}: {error.message}"
        if said not in result.why:
            yield f"error {said}"
        if error.signal:
            yield f"signal: {error.signal}"
        yield from (f"stderr: {line}" for line in error.stderr)
