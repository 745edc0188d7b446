"""The view as one HTML file that loads nothing. What it looks like is in `assets`; it is joined as it is written.

A further panel is a function from the view to HTML, named in `PANELS`; `Row.result` has all that a record holds. A
further section of what a row hides is a table in `sections`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from textwrap import shorten
from typing import Final, TypeAlias

from harness.records import Check, Result, Verdict
from harness.report.failure import VERDICTS, Failure, Table, failure_of, plain, share, visible
from harness.report.run_folder import Run
from harness.report.view import COLUMNS, EXPECTED, KNOWN, LABELS, WARNED, WEAK, Page, Row, page_of

Panel: TypeAlias = Callable[[Page], str]

FULL: Final = 100  # failures shown in full; a run that fails everywhere is read from its first ones
SHOWN: Final = 500  # rows shown before a reader asks for all: laying ten thousands out takes a browser many seconds
ASSETS: Final = Path(__file__).with_name("assets")
SYMBOLS: Final = {
    Verdict.CONFORMS: "✓",
    Verdict.DEVIATES: "≠",
    Verdict.REFUSES: "⊘",
    Verdict.CRASHES: "✖",
    Verdict.TIMES_OUT: "…",
    Verdict.SKIPPED: "○",
}
HEADS: Final = {
    "case": "",
    "implementation": "",
    "verdict": "What the implementation did",
    "expected": "Whether that is what the case and the known deviations say",
    "known deviation": "The entry that explains the verdict, or that no longer does",
    "margin": "The largest error over its limit, of all checks: up to 1 passes",
    "exercised": "The share of terms that the exact comparison exercises",
    "untouched": "The share of elements that no term reaches: they are zero in any implementation",
    "vacuous": "Elements whose error bound is so wide that it says nothing",
    "seconds": "For all of it, reference and comparison included",
}


def page(runs: Sequence[Run]) -> str:
    """One page over one or several runs, as the text of a file."""
    view = page_of(runs)
    return _piece(
        "page.html",
        title=_text(shorten(view.sentences[0], 100, placeholder=" …")),
        state=view.state,
        style=_asset("page.css"),
        body="\n".join(filter(None, (panel(view) for panel in PANELS))),
        details=_details(row.result for row in view.rows),
        script=_asset("page.js"),
    )


def sections(result: Result) -> tuple[Table, ...]:
    """What one row hides: the record as tables of text."""
    geometry = tuple((key, plain(value)) for key, value in (result.geometry or {}).items())
    attributes = tuple((key, plain(value)) for key, value in result.attributes.items())
    failed = failure_of(result)
    tables = (
        Table("Result", ("", ""), tuple((key, text) for key, text in _told(result, failed).items() if text)),
        Table("Checks", _CHECK, tuple(_check_cells(check) for check in result.checks)),
        *failed.diffs,
        Table("Call", ("", ""), attributes + geometry),
    )
    return tuple(table for table in tables if table.rows)


_CHECK: Final = (
    *("check", "data", "status", "margin", "limit", "mismatched", "total", "untouched", "vacuous", "max abs"),
    *("max rel", "max ulp", "exercised", "certificate", "accumulator", "note"),
)


def _told(result: Result, failed: Failure) -> dict[str, str]:
    return {
        "why": result.why,
        "error": "\n".join(failed.error),
        "diagnosis": plain(result.diagnosis),
        "deviation": plain(result.deviation),
        "case expects": result.expect,
        "covers": " ".join(result.covers),
        "tags": " ".join(result.tags),
        "written at": ":".join(plain(result.source.get(key)) for key in ("file", "line")).strip(":"),
        "ran": plain(result.ran),
        "digest": plain(result.digest),
        "seconds": plain(result.seconds),
        "reproduce": result.reproduce,
    }


def _check_cells(check: Check) -> tuple[str, ...]:
    counts = (check.mismatched, check.total, check.untouched, check.vacuous)
    errors = (check.max_abs, check.max_rel, check.max_ulp)
    return (
        *(check.name, check.data, check.status, plain(check.margin), plain(check.limit)),
        *(f"{count:,}" for count in counts),
        *(plain(error) for error in errors),
        *(share(check.exercised), plain(check.certificate), plain(check.accumulator), check.note),
    )


def _headline(view: Page) -> str:
    first, *others = view.sentences
    symbol = {"conforms": "✓", "nothing": "○", "fails": "✗", "incomplete": "…"}[view.state]
    notes = "".join(f"<li>{_text(note)}" for note in view.notes)
    return (
        f'<header>\n<h1>{symbol} <bdi dir="ltr">{_text(first)}</bdi></h1>\n'
        + "".join(f'<p><bdi dir="ltr">{_text(sentence)}</bdi></p>\n' for sentence in others)
        + (f"<p>Notes of the run:</p>\n<ul>{notes}</ul>\n" if notes else "")
        + '<nav><a href="#where">Where and how</a><a href="#known">Known deviations</a>'
        '<a href="#agreement">Agreement</a>'
        '<a href="#failures">Failures</a><a href="#all-results">Results</a></nav>\n</header>'
    )


def _totals(view: Page) -> str:
    return _section("totals", view.totals.title, _table(view.totals, "numbers"))


def _facts(view: Page) -> str:
    return _section("where", view.facts.title, _table(view.facts, "facts"))


def _known(view: Page) -> str:
    shown = _table(view.known, "prose", _link) if view.known.rows else "<p>None applies.</p>"
    return _section("known", view.known.title, shown)


def _agreement(view: Page) -> str:
    shown = _table(view.agreement, "prose") if view.agreement.rows else "<p>They agree bit for bit.</p>"
    return _section("agreement", view.agreement.title, shown)


def _failures(view: Page) -> str:
    full, brief = view.failures[:FULL], view.failures[FULL:]
    shown = "".join(_failure(failure) for failure in full) or "<p>None.</p>"
    if brief:
        lines = "\n".join(
            f'<li><bdi dir="ltr">{_text(one.headline)}</bdi> <code dir="ltr">{_text(one.reproduce)}</code>'
            for one in brief
        )
        shown += f"<details><summary>{len(brief):,} more, in brief</summary>\n<ul>\n{lines}\n</ul></details>"
    return _section("failures", f"Failures ({len(view.failures):,})", shown)


def _failure(failure: Failure) -> str:
    diffs = "".join(
        f"<p>{_text(diff.title)}</p>\n{_table(diff, 'numbers elements') if diff.rows else ''}" for diff in failure.diffs
    )
    error = f"<pre>{_text(chr(10).join(failure.error))}</pre>\n" if failure.error else ""
    return _piece(
        "failure.html",
        headline=_text(failure.headline),
        diffs=diffs,
        error=error,
        reproduce=_text(failure.reproduce),
    )


def _results(view: Page) -> str:
    several = len(view.facts.columns) > 2  # one of names, and one for each run
    counts = Counter(label for row in view.rows for label in row.labels)
    options = (
        f'<option value="{at}">{label} ({counts[label]:,})</option>' for at, label in enumerate(LABELS) if counts[label]
    )
    heads = ("case", *(("run",) if several else ()), "implementation", "verdict", "expected", "margin", *COLUMNS, KNOWN)
    return _piece(
        "results.html",
        options="".join(options),
        head="".join(f'<th scope="col" title="{_text(HEADS.get(head, ""))}">{head}</th>' for head in heads),
        rows="\n".join(_row(row, several=several, late=at >= SHOWN) for at, row in enumerate(view.rows)),
    )


def _row(row: Row, *, several: bool, late: bool) -> str:
    """One row. The end tags that HTML lets out are left out: there are ten thousands of these."""
    result = row.result
    bad = not result.expected
    tone = "bad" if bad else "known" if KNOWN in row.labels else "good" if result.verdict is Verdict.CONFORMS else "dim"
    doubts = "".join(f"<small>{label}</small>" for label in (WARNED, WEAK) if label in row.labels)
    cells = (
        f'<details><summary><bdi dir="ltr">{_text(result.case)}</bdi></summary></details>',
        *((_text(row.run),) if several else ()),
        f"<bdi>{_text(result.implementation)}</bdi>",
        f'<b class="{tone}">{SYMBOLS[result.verdict]} {VERDICTS[result.verdict]}</b>{doubts}',
        '<b class="bad">✗ not expected</b>' if bad else EXPECTED,
        _margin(row.margin),
        *map(_text, row.cells),
        f"<em>{_text(plain(result.deviation.get('place')))}</em>" if result.deviation else "",
    )
    labels = " ".join(str(LABELS.index(label)) for label in row.labels)
    return f'<tr data-k="{labels}"{" hidden" * late}><td>{"<td>".join(cells)}'


def _margin(margin: float | None) -> str:
    if margin is None:
        return ""
    bar = f' style="--m:{100 * margin:.0f}%"' if margin <= 1 else ' class="over"'
    return f"{plain(margin)}<i{bar}></i>"


def _details(results: Iterable[Result]) -> str:
    """What the rows hide, for the script. Each line of a table is written once: most are the same in many results."""
    forms: dict[tuple[str, ...], int] = {}
    lines: dict[tuple[str, ...], int] = {}

    def numbered(table: Table) -> tuple[int, list[int]]:
        form = forms.setdefault((table.title, *table.columns), len(forms))
        return form, [lines.setdefault(line, len(lines)) for line in table.rows]

    hidden = [[numbered(table) for table in sections(result)] for result in results]
    shown = {
        name: [[visible(cell) for cell in line] for line in at] for name, at in (("forms", forms), ("rows", lines))
    }
    text = json.dumps(shown | {"results": hidden}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")  # or an id could end the block that holds it


def _table(table: Table, style: str = "", cell: Callable[[str], str] | None = None) -> str:
    heads = "".join(f'<th scope="col">{_text(column)}</th>' for column in table.columns)
    rows = "\n".join(
        f'<tr><th scope="row">{_text(first)}</th>{"".join(f"<td>{(cell or _text)(text)}</td>" for text in others)}</tr>'
        for first, *others in table.rows
    )
    head = f"<thead><tr>{heads}</tr></thead>\n" if any(table.columns) else ""
    return f'<div class="wide"><table class="{style}">\n{head}<tbody>\n{rows}\n</tbody></table></div>\n'


def _link(text: str) -> str:
    """The text, and a link where it is one: a record may come from anywhere, and `javascript:` is an address too."""
    shown = _text(text)
    return f'<a href="{shown}" rel="noreferrer">{shown}</a>' if text.startswith("https://") else shown


def _section(name: str, title: str, content: str) -> str:
    return f'<section id="{name}">\n<h2>{_text(title)}</h2>\n{content}</section>'


def _text(text: str) -> str:
    """Anything from outside, as HTML says it."""
    return escape(visible(text), quote=True)


def _piece(name: str, **parts: str) -> str:
    return Template(_asset(name)).substitute(parts)


@cache
def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


PANELS: Final[tuple[Panel, ...]] = (_headline, _totals, _facts, _known, _agreement, _failures, _results)
