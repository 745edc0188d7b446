"""Two runs against each other: what counts as a change, and which of them are for the worse."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.records import Check, ErrorReport, Result, Verdict
from harness.records.run_folder import Run
from harness.report.changes import compare_runs, comparison_lines, sentence, view_of_comparison
from harness.report.difference import Change
from harness.report.html import page_of_comparison
from harness.tests.cases import PLAIN, write
from harness.tests.markup import Markup, unpacked
from harness.tests.processes import EXAMPLES, harness
from harness.tests.results import ACCURACY, environments, failing, result, run

REFUSED: dict[str, Any] = {"verdict": Verdict.REFUSES, "checks": (), "deviation": {"reason": "known"}}


def margin(value: float) -> tuple[Check, ...]:
    return (replace(ACCURACY, margin=value),)


def changes(before: Result, after: Result) -> tuple[Change, ...]:
    differences = compare_runs(run(before), run(after)).differences
    return differences[0].changes if differences else ()


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {}, ()),
        ({}, {"verdict": Verdict.DEVIATES, "expected": False}, (Change.DEVIATING,)),
        ({}, {"verdict": Verdict.REFUSES, "deviation": {"reason": "known by now"}}, (Change.DEVIATING,)),
        (REFUSED, {"verdict": Verdict.CRASHES, "expected": False}, (Change.DEVIATING,)),
        ({"verdict": Verdict.CRASHES}, REFUSED, (Change.VERDICT,)),
        (REFUSED, {}, (Change.CONFORMING,)),
        (REFUSED, REFUSED | {"expected": False}, (Change.UNEXPECTED,)),
        ({}, {"verdict": Verdict.SKIPPED}, (Change.MISSING,)),
        ({"digest": "a"}, {"digest": "b"}, (Change.BITS,)),
        ({"digest": "a"}, {"digest": None}, ()),
        ({"checks": margin(0.2)}, {"checks": margin(0.24)}, ()),
        ({"checks": margin(0.01)}, {"checks": margin(0.05)}, ()),
        ({"checks": margin(0.2)}, {"checks": margin(0.3)}, (Change.MARGIN,)),
        ({"checks": margin(float("inf"))}, {"checks": margin(float("inf"))}, ()),
        ({"checks": margin(2.0)}, {"checks": margin(float("inf"))}, (Change.MARGIN,)),
        ({"seconds": {"implementation": 0.1}}, {"seconds": {"implementation": 0.19}}, ()),
        ({"seconds": {"implementation": 0.01}}, {"seconds": {"implementation": 0.1}}, ()),
        ({"seconds": {"implementation": 0.1}}, {"seconds": {"implementation": 0.3}}, (Change.SLOWER,)),
        (
            REFUSED | {"error": ErrorReport("ValueError", "no\nat 0x1")},
            REFUSED | {"error": ErrorReport("ValueError", "no\nat 0x2")},
            (),
        ),
        (
            REFUSED | {"error": ErrorReport("ValueError", "no")},
            REFUSED | {"error": ErrorReport("TypeError", "no")},
            (Change.ERROR,),
        ),
    ],
)
def test_changes(before: dict[str, Any], after: dict[str, Any], found: tuple[Change, ...]) -> None:
    assert changes(result(**before), result(**after)) == found


@pytest.mark.parametrize(
    ("before", "after", "said", "worse"),
    [
        ([result()], [result()], "Nothing changed (1 results compared)", False),
        ([result()], [failing("a.yaml::post[float32]")], "Worse: 1 broken (1 results compared)", True),
        ([result(), result("b")], [result()], "Worse: 1 missing (1 results compared)", True),
        (
            [result("a")],
            [result("b")],
            "Nothing to compare: the runs have no result in common (1 missing, 1 new)",
            True,
        ),
        (
            [result(**REFUSED)],
            [result(**REFUSED | {"expected": False})],
            "Worse: 1 newly unexpected (1 results compared)",
            True,
        ),
        ([result()], [result(), result("b")], "Nothing got worse: 1 new (1 results compared)", False),
    ],
)
def test_the_verdict_on_the_second_run(before: list[Result], after: list[Result], said: str, worse: bool) -> None:  # noqa: FBT001
    comparison = compare_runs(run(*before), run(*after))
    assert (sentence(comparison), comparison.worse) == (said, worse)
    assert view_of_comparison(comparison)[0].state == ("fails" if worse else "conforms")


def test_the_terminal_names_what_is_worse() -> None:
    before = run(*(result(f"a.yaml::{number}") for number in range(62)))
    after = run(*(failing(f"a.yaml::{number}") for number in range(62)))
    lines = comparison_lines(compare_runs(before, after))
    assert lines[1] == "broken: a.yaml::0::tf-eager: it differs"
    assert lines[-1] == "broken: and 2 more"
    assert len(lines) == 62


def test_what_is_mended_and_changed_is_named_too() -> None:
    before = run(failing("a"), refused("b", "no kernel"), result("c"))
    after = run(result("a"), refused("b", "no such kernel"), result("c"), result("d"))
    lines = comparison_lines(compare_runs(before, after))
    assert lines[1:] == ["mended: a::tf-eager", "changed error: b::tf-eager", "new: d::tf-eager"]


def test_what_differs_about_the_environments_comes_first() -> None:
    lines = comparison_lines(compare_runs(*of_two_runs()))
    assert lines[0] == "tensorflow: 2.21.0, then 2.22.0"
    assert lines[1].startswith("Worse: 1 missing")


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ("at 2026-11-27 02:09:56.901078: F x.cc:578] no", "at 2026-11-28 03:10:57.1: F x.cc:612] no", True),
        ("object at 0x7f0e408f4720", "object at 0x7fe03e8a29b0", True),
        ("in /opt/a/lib/python3.11/x.py", "in /home/b/x.py", True),
        ("{{function_node __wrapped__inference_op_124}}", "{{function_node __wrapped__inference_op_856}}", True),
        ("expected 3 rows", "expected 4 rows", False),
        ("Invalid input", "Invalid filter", False),
    ],
)
def test_what_differs_from_run_to_run_in_an_error_is_no_change(then: str, now: str, *, same: bool) -> None:
    comparison = compare_runs(run(refused("a", then)), run(refused("a", now)))
    assert (comparison.differences == ()) is same


def test_what_comes_and_goes_is_no_change() -> None:
    known = {"place": "x", "reason": "It comes and goes.", "link": None, "intermittent": True}
    gone, came = result("a"), failing("a", expected=True, deviation=known)
    assert compare_runs(run(gone), run(came)).differences == ()
    assert compare_runs(run(came), run(gone)).differences == ()
    assert compare_runs(run(gone), run(failing("a"))).worse
    assert compare_runs(run(gone), run(failing("a", expected=True, deviation=known | {"intermittent": False}))).worse


def refused(case: str, message: str) -> Result:
    return result(case, verdict=Verdict.REFUSES, error=ErrorReport("InternalError", message))


def of_two_runs() -> tuple[Run, Run]:
    gone, changed = result("gone"), result("changed", digest="1")
    before = run(gone, changed, result(), environments=environments(packages={"tensorflow": "2.21.0"}))
    newer = environments(packages={"tensorflow": "2.22.0"})
    after = run(result(), replace(changed, digest="2"), environments=newer, folder="now", complete=False)
    return before, after


def test_the_page_has_both_runs_and_the_changes_of_their_rows() -> None:
    markup = Markup(page_of_comparison(compare_runs(*of_two_runs())))
    assert "Worse: 1 missing (2 results compared)" in markup.of["h1"]
    assert "Incomplete (now)" in markup.text
    assert "tensorflow: 2.21.0, then 2.22.0" in markup.text
    assert {"#q=change%3Amissing", "#q=change%3Achanged-bits"} <= set(markup.attributes("href"))
    block = markup.block("list")
    assert unpacked(block["results"]["run"], 5) == ["then"] * 3 + ["now"] * 2
    assert unpacked(block["results"]["change"], 5) == ["missing", None, None, None, "changed-bits"]
    assert unpacked(block["results"]["cluster"], 5) == [None] * 5


def test_groups_are_made_of_what_got_worse_alone() -> None:
    before = run(result("a"), failing("b"))
    after = run(failing("a"), failing("b"))
    view, _ = view_of_comparison(compare_runs(before, after))
    assert [cluster.members for cluster in view.clusters] == [(2,)]


def test_the_command_ends_with_1_where_something_got_worse(tmp_path: Path) -> None:
    file = write(tmp_path, PLAIN)
    for name, kernel in (("old", "right"), ("new", "one_element_off")):
        harness("run", file, "-i", f"mine={EXAMPLES}:{kernel}", "--out", tmp_path / name)
    same = harness("diff", tmp_path / "old", tmp_path / "old", "--out", tmp_path)
    assert (same.returncode, same.stdout.splitlines()[0][:15]) == (0, "Nothing changed")
    done = harness("diff", tmp_path / "old", tmp_path / "new")
    assert done.returncode == 1
    assert done.stdout.startswith("Worse: ")
    assert done.stdout.splitlines()[-1] == f"page: {tmp_path / 'new' / 'diff.html'}"
    assert (tmp_path / "new" / "diff.html").exists()
    assert harness("diff", tmp_path / "old", tmp_path / "nosuch").returncode == 4
