"""The view as one HTML file that loads nothing. What it looks like is in `assets`; it is joined as it is written.

What a reader without JavaScript needs is markup: the verdict, the totals, failures, tables. All else is drawn from the
blocks of `embedding`. A further panel is a file in `assets/panels`, a further part of an opened case one in
`assets/case`; each calls `panel` or `caseSection` of `assets/modules/registry.js`.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from string import Template
from textwrap import shorten
from typing import Final
from urllib.parse import quote

from harness.records import Verdict
from harness.records.run_folder import Run
from harness.report.changes import Comparison, view_of_comparison
from harness.report.difference import Change
from harness.report.embedding import blocks
from harness.report.failure import VERDICTS, Failure, Table, visible
from harness.report.kept_calls import kept_calls
from harness.report.scripts import asset, files, script
from harness.report.view import UNEXPECTED, Page, page_of

SYMBOLS: Final = {
    Verdict.CONFORMS: "✓",
    Verdict.DEVIATES: "≠",
    Verdict.REFUSES: "⊘",
    Verdict.CRASHES: "✖",
    Verdict.TIMES_OUT: "…",
    Verdict.SKIPPED: "○",
}
_STATES: Final = {"conforms": "✓", "nothing": "○", "fails": "✗", "incomplete": "…"}


def page(runs: Sequence[Run]) -> str:
    """One page over one or several runs, as the text of a file."""
    view = page_of(runs)
    folders = dict(zip(view.runs, (run.folder for run in runs), strict=True))
    return _page(view, calls=kept_calls(view.rows, folders))


def page_of_comparison(comparison: Comparison) -> str:
    """The page of two runs and of what changed between them."""
    return _page(*view_of_comparison(comparison))


def _page(view: Page, changes: Mapping[int, str] | None = None, calls: Mapping[int, str] | None = None) -> str:
    return _piece(
        "page.html",
        title=_text(shorten(view.sentences[0], 100, placeholder=" …")),
        state=view.state,
        style="".join(asset(file) for file in files("styles/*.css")),
        head=_head(view),
        totals=_section("totals", view.totals.title, _totals(view.totals)),
        failures=_failures(view),
        tables=_tables(view),
        blocks="\n".join(
            f'<script type="text/plain" id="block-{name}">{text}</script>'
            for name, text in blocks(view, changes, calls)
        ),
        script=script(*files("panels/*.js"), *files("case/*.js"), "modules/main.js"),
    )


def _head(view: Page) -> str:
    first, *others = view.sentences
    brief = " · ".join(f"<span>{_text(text)}</span>" for text in view.brief)
    notes = "".join(f"<li>{_text(note)}</li>" for note in view.notes)
    return (
        f'<header>\n<h1><span class="symbol" aria-hidden="true">{_STATES[view.state]}</span> '
        f'<bdi dir="ltr">{_text(first)}</bdi></h1>\n'
        + "".join(f'<p><bdi dir="ltr">{_text(sentence)}</bdi></p>\n' for sentence in others)
        + (f'<p class="brief">{brief}</p>\n' if brief else "")
        + (f'<p class="brief"><code dir="ltr">{_text(view.command)}</code></p>\n' if view.command else "")
        + (f"<p>Notes of the run:</p>\n<ul>{notes}</ul>\n" if notes else "")
        + '</header>\n<nav aria-label="Page"><a href="#results">Results</a><a href="#where">Where and how</a>'
        '<a href="#known">Known deviations</a><a href="#agreement">Agreement</a></nav>'
    )


def _totals(totals: Table) -> str:
    """Each number leads to the results that it counts."""
    if not totals.columns[1:]:
        return "<p>None.</p>"
    words = {
        **{VERDICTS[verdict]: f"verdict:{verdict}" for verdict in Verdict},
        **{change.value: f"change:{change.replace(' ', '-')}" for change in Change},
        UNEXPECTED: "is:not-as-expected",
    }
    symbols = {VERDICTS[verdict]: f"{SYMBOLS[verdict]} " for verdict in Verdict}
    used = [
        place
        for place, column in enumerate(totals.columns)
        if column not in words or column == Verdict.CONFORMS or any(row[place] != "0" for row in totals.rows)
    ]
    heads = "".join(
        f'<th scope="col">{symbols.get(totals.columns[at], "")}{_text(totals.columns[at])}</th>' for at in used
    )

    def cell(row: tuple[str, ...], place: int) -> str:
        number, _, known = row[place].partition(" ")
        if number == "0":
            return '<td class="none">0</td>'
        implementation = "" if row is totals.rows[-1] else f'implementation:"{row[0]}" '
        query = f"{implementation}{words.get(totals.columns[place], '')}".strip()
        bad = ' class="bad"' if totals.columns[place] == UNEXPECTED else ""
        more = f" <small>{_text('known' if known == f'({number} known)' else known)}</small>" if known else ""
        return f'<td><a href="#q={_text(quote(visible(query)))}"{bad}>{_text(number)}</a>{more}</td>'

    rows = "\n".join(
        f'<tr><th scope="row"><bdi dir="ltr">{_text(row[0])}</bdi></th>{"".join(cell(row, at) for at in used[1:])}</tr>'
        for row in totals.rows
    )
    return _wide(
        "Totals", f'<table class="numbers totals">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'
    )


def _tables(view: Page) -> str:
    known = _folded(view.known, _link) if view.known.rows else "<p>None applies.</p>"
    agreement = _folded(view.agreement) if view.agreement.rows else "<p>They agree bit for bit.</p>"
    since = _folded(view.history) if view.history.rows else "<p>Nothing changed from one environment to the next.</p>"
    unclaimed = _section("unclaimed", view.unclaimed.title, _folded(view.unclaimed))
    swept = _section("exhaustion", view.exhaustion.title, _table(view.exhaustion, "prose"))
    return "\n".join((
        *([swept] if view.exhaustion.rows else []),
        *([_section("since", view.history.title, since)] if view.history.title else []),
        _section("where", view.facts.title, _table(view.facts, "facts")),
        _section("known", view.known.title, known),
        *([unclaimed] if view.unclaimed.rows else []),
        _section("agreement", view.agreement.title, agreement),
    ))  # fmt: skip


def _folded(table: Table, cell: Callable[[str], str] | None = None) -> str:
    """A table that is looked things up in, out of the way of who reads on."""
    counted = f"{len(table.rows):,} row{'s' * (len(table.rows) > 1)}"
    return f"<details><summary>{counted}</summary>\n{_table(table, 'prose', cell)}</details>"


def _failures(view: Page) -> str:
    """For readers without JavaScript."""
    more = sum(UNEXPECTED in row.labels for row in view.rows) - len(view.failures)
    left_out = f"<p>And {more:,} more: they are in <code>results.ndjson</code>.</p>" if more else ""
    return ("".join(map(_failure, view.failures)) or "<p>None.</p>") + left_out


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


def _table(table: Table, style: str, cell: Callable[[str], str] | None = None) -> str:
    heads = "".join(f'<th scope="col">{_text(column)}</th>' if column else "<td></td>" for column in table.columns)
    rows = "\n".join(
        f'<tr><th scope="row">{_text(first)}</th>{"".join(f"<td>{(cell or _text)(text)}</td>" for text in others)}</tr>'
        for first, *others in table.rows
    )
    head = f"<thead><tr>{heads}</tr></thead>\n" if any(table.columns) else ""
    return _wide(table.title, f'<table class="{style}">\n{head}<tbody>\n{rows}\n</tbody></table>')


def _wide(title: str, table: str) -> str:
    """A table in a frame of its own, which scrolls where the screen is narrower."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{_text(title)}">{table}</div>\n'


def _link(text: str) -> str:
    """The text, and a link where it is one: a record may come from anywhere, and `javascript:` is an address too."""
    shown = _text(text)
    return f'<a href="{shown}" rel="noreferrer">{shown}</a>' if text.startswith("https://") else shown


def _section(name: str, title: str, content: str) -> str:
    return f'<section id="{name}">\n<h2 tabindex="-1">{_text(title)}</h2>\n{content}</section>'


def _text(text: str) -> str:
    """Anything from outside, as HTML says it."""
    return escape(visible(text), quote=True)


def _piece(name: str, **parts: str) -> str:
    return Template(asset(name)).substitute(parts)
