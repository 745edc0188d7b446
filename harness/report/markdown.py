"""A run as Markdown, for the summary that a CI service shows with a job."""

import re
from typing import Final

from harness.records.run_folder import Run
from harness.report.clusters import Cluster
from harness.report.failure import VERDICTS, Table, visible
from harness.report.view import Page, page_of

SHOWN: Final = 20  # failures and groups; the page has all
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>()#!|&~])")


def summary(run: Run) -> str:
    """The verdict, the totals, what was not as expected with the lines that reproduce it, and where it ran."""
    view = page_of([run])
    first, *others = view.sentences
    mark = {"conforms": "✅", "nothing": "⚪", "fails": "❌", "incomplete": "⚠️"}[view.state]
    parts = [
        f"## {mark} {_text(first)}",
        *map(_text, others),
        " · ".join(map(_text, view.brief)),
        "\n".join(f"- {_text(note)}" for note in view.notes),
        _table(view.totals),
        _groups("Not as expected", [cluster for cluster in view.clusters if not cluster.expected]),
        _reproduce(view),
        _folded("Known deviations", _groups("", [cluster for cluster in view.clusters if cluster.expected])),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _table(table: Table) -> str:
    lines = [table.columns, ("---", *["---:"] * (len(table.columns) - 1))]
    shown = [[_text(cell) for cell in table.columns], lines[1], *([_text(cell) for cell in row] for row in table.rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in shown)


def _groups(title: str, groups: list[Cluster]) -> str:
    if not groups:
        return ""
    lines = []
    for group in groups[:SHOWN]:
        told = ", ".join((*group.implementations, VERDICTS[group.verdict], *group.shared))
        lines.append(f"- **{len(group.members):,}**: {_text(told)}{': ' if group.looks else ''}{_text(group.looks)}")
    more = [f"- and {len(groups) - SHOWN:,} more groups"] if len(groups) > SHOWN else []
    return "\n".join([*([f"### {title}", ""] if title else []), *lines, *more])


def _reproduce(view: Page) -> str:
    if not view.failures:
        return ""
    lines = "\n".join(visible(failure.reproduce).replace("```", "` ` `") for failure in view.failures[:SHOWN])
    return f"```sh\n{lines}\n```"


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>" if content else ""


def _text(text: str) -> str:
    """Anything from outside, as Markdown says it, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text).split()))
