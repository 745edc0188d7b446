"""A run as Markdown and as what a terminal shows when it ends."""

import re
from typing import Any

import pytest

from harness.records import Verdict
from harness.report.failure import Table, aligned
from harness.report.markdown import SHOWN, summary
from harness.report.terminal import summary_in_colour, summary_lines, table_lines
from harness.tests.results import KNOWN, failing, result, run

REFUSED: dict[str, Any] = {"verdict": Verdict.REFUSES, "checks": (), "deviation": KNOWN, "why": "no <b> groups"}


def test_markdown_begins_with_the_verdict_and_ends_with_what_is_known() -> None:
    lines = summary(run(result(), failing(), result("b", **REFUSED))).splitlines()
    assert lines[0] == "## ❌ Does not conform: 1 of 3 results is not as expected"
    assert "| tf-eager | 3 | 1 | 1 | 1 \\(1 known\\) | 0 | 0 | 0 | 1 |" in lines
    assert "### Not as expected" in lines
    assert "harness run 'a.yaml::bad' -i tf-eager" in lines
    assert lines.index("<details><summary>Known deviations</summary>") > lines.index("### Not as expected")


def test_markdown_says_first_what_is_missing() -> None:
    text = summary(run(result(), collected=("gone::tf-eager",), notes=("x.yaml:3 matches no case",)))
    assert text.startswith("## ⚠️ Incomplete: 1 of 1 collected results is missing: gone::tf-eager\n")
    assert "- x.yaml:3 matches no case" in text


def test_nothing_in_a_record_is_markdown_or_markup() -> None:
    evil = "a|b\n# c <img src=x> [d](javascript:e) `f` ```"
    text = summary(run(failing(evil, implementation=evil, why=evil, checks=(), reproduce=evil)))
    assert not re.search(r"(?<!\\)<img", text.partition("```sh")[0])
    assert "\\[d\\]\\(javascript:e\\)" in text
    assert text.count("```") == 2
    assert all(line.count("|") - line.count("\\|") == 10 for line in text.splitlines() if line.startswith("| "))


def test_markdown_of_a_run_that_fails_everywhere_is_short() -> None:
    text = summary(run(*(failing(f"a.yaml::{n}", why=f"word{'x' * n}", checks=()) for n in range(SHOWN + 5))))
    assert "- and 5 more groups" in text
    assert text.count("harness run") == SHOWN


def test_a_run_ends_with_a_line_for_each_implementation() -> None:
    made = run(result(), failing(), result("b", "mine", **REFUSED), collected=("gone::mine",), notes=("a note",))
    assert summary_lines(made) == [
        "mine: 1 refuses",
        "tf-eager: 1 conforms, 1 deviates (1 unexpected)",
        "a note",
        "incomplete: 1 of 1 results are missing",
        "report: then/index.html",
    ]


def test_a_terminal_gets_the_same_as_a_table() -> None:
    made = run(result(), failing())
    text = "\n".join(summary_in_colour(made, 80))
    for word in ("tf-eager", "conforms", "deviates", "unexpected", "report: then/index.html"):
        assert word in text
    assert "\x1b[1;31m" in text
    assert "refuses" not in text


@pytest.mark.parametrize("lines", [aligned, lambda table: table_lines(table, 40)])
def test_a_table_without_rows_is_nothing(lines: Any) -> None:
    assert lines(Table("", ("a",), ())) == []


def test_columns_of_counts_are_aligned() -> None:
    assert aligned(Table("", ("name", "n"), (("a", "1,000"), ("long", "2")))) == [
        "name      n",
        "a     1,000",
        "long      2",
    ]
