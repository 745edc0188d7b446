"""What a run prints when it ends: lines of plain text, or a table in colour where a person looks at a terminal."""

from collections import Counter
from collections.abc import Iterator
from io import StringIO

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from harness.records import Result, Verdict
from harness.records.run_folder import PAGE, Run
from harness.report.claims import unclaimed_line
from harness.report.failure import VERDICTS, Table, visible


def summary_lines(run: Run) -> list[str]:
    """A line for each implementation, the notes, the memory, what is missing, and the path of the page."""
    lines = []
    for name, own in _by_implementation(run):
        parts = []
        for verdict in Verdict:
            count = sum(result.verdict is verdict for result in own)
            unexpected = sum(result.verdict is verdict and not result.expected for result in own)
            if count:
                parts.append(f"{count:,} {verdict}" + (f" ({unexpected:,} unexpected)" if unexpected else ""))
        lines.append(f"{name}: {', '.join(parts) or 'nothing yet'}")
    return [*lines, *_ending(run)]


def summary_in_colour(run: Run, width: int) -> list[str]:
    """The same as a table of `width` columns with a terminal's colours."""
    counts = {name: Counter((r.verdict, r.expected) for r in own) for name, own in _by_implementation(run)}
    used = [v for v in Verdict if v is Verdict.CONFORMS or any(c[v, True] + c[v, False] for c in counts.values())]
    rows = tuple(
        (
            name,
            *(f"{c[v, True] + c[v, False]:,}" for v in used),
            f"{sum(n for (_, expected), n in c.items() if not expected):,}",
        )
        for name, c in counts.items()
    )
    columns = ("implementation", *(VERDICTS[verdict] for verdict in used), "unexpected")
    return [*table_lines(Table("", columns, rows), width), *_ending(run)]


def table_lines(table: Table, width: int) -> list[str]:
    """The lines of a table, numbers to the right; a column of what must be empty is red where it is not."""
    if not table.rows:
        return []
    shown = RichTable(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(table.columns):
        shown.add_column(visible(column), justify="right" if place else "left", overflow="fold")
    for row in table.rows:
        shown.add_row(
            *(Text(visible(cell), style=_style(name, cell)) for name, cell in zip(table.columns, row, strict=True))
        )
    console = Console(file=StringIO(), force_terminal=True, width=width, color_system="standard", legacy_windows=False)
    with console.capture() as capture:
        console.print(shown)
    return capture.get().splitlines()


def _style(column: str, cell: str) -> str:
    if cell == "0":
        return "dim"
    return "bold red" if column in ("unexpected", "broken", "newly unexpected", "missing") else ""


def _by_implementation(run: Run) -> Iterator[tuple[str, list[Result]]]:
    groups: dict[str, list[Result]] = {name.rpartition("::")[2]: [] for name in run.header.collected}
    for result in run.results:
        groups.setdefault(result.implementation, []).append(result)
    yield from groups.items()


def _ending(run: Run) -> list[str]:
    lines = [line for name, own in _by_implementation(run) if (line := unclaimed_line(name, own))]
    lines += run.header.notes
    if dormant := run.header.dormant:
        lines.append(f"{dormant:,} known deviation{'s are' if dormant > 1 else ' is'} of other environments")
    if run.header.peak_memory:
        workers = run.header.threads.get("workers", 1)
        processes = f"{workers} worker{'s' * (workers > 1)}, hosts included"
        lines.append(f"peak memory: {run.header.peak_memory / 2**30:.1f} GiB ({processes})")
    if not run.complete:
        lines.append(f"incomplete: {len(run.missing):,} of {len(run.header.collected):,} results are missing")
    return [*lines, f"report: {run.folder / PAGE}"]
