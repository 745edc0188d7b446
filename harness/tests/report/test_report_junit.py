"""What a server and a terminal show: JUnit XML is valid whatever a record holds, the diff names the difference."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness.records import Check, Element, ErrorReport, Result, Verdict
from harness.records.run_folder import Header, Run
from harness.report.failure import failure_text
from harness.report.junit import document
from harness.tests.results import environments

WRONG = Check(
    *("accuracy", "normal", "fail"),
    margin=1428973.2785561,
    mismatched=1,
    total=486,
    max_abs=0.9999999775916337,
    max_rel=0.7758344131487257,
    max_ulp=8388607.812024999,
    worst=(
        Element((1, 0, 0, 0), -1.28893480444, -0.288934826850, 0.99999997759, 0.775834, 8388607.8, 6.998e-07),
        Element((0, 5, 7, 2), 2.0250721510869845, 2.0250721510869849, 4.4e-16, 2.2e-16, 1.0, 6.04e-07),
    ),
)
KNOWN = {"place": "x.yaml:3", "reason": "It does not.", "link": None}


def result(case: str = "a.yaml::post[x::y]", verdict: Verdict = Verdict.CONFORMS, **known: Any) -> Result:
    """A result as expected, but for what is said."""
    values: dict[str, Any] = {"implementation": "tf-eager", "expected": True, "reproduce": "harness run x"}
    return Result(case, verdict=verdict, **(values | {"seconds": {"total": 0.25}} | known))


def failing(verdict: Verdict = Verdict.DEVIATES, **known: Any) -> Result:
    """A result that is not as expected."""
    return result("a.yaml::bad", verdict, **({"expected": False, "why": "it differs", "checks": (WRONG,)} | known))


def run(*results: Result, torn: bool = False, **header: Any) -> Run:
    """A complete run, but for what is said."""
    return Run(Path("then"), Header(**({"complete": True} | header)), results, torn)


def parsed(*results: Result, **known: Any) -> ET.Element:
    """The document, read back."""
    return ET.fromstring(document(run(*results, **known)).encode())  # noqa: S314 -- our own text


def one(kind: str, *results: Result, **known: Any) -> ET.Element:
    """The only element of a kind."""
    (found,) = parsed(*results, **known).iter(kind)
    return found


def test_suite_per_implementation_and_case_per_result() -> None:
    """Names, counts and times are where servers look for them."""
    root = parsed(result(), result("b.yaml::c", expected=False), result(implementation="mine"))
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("tf-eager", "2", "1"),
        ("mine", "1", "0"),
    ]
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("time")) == (
        "3",
        "1",
        "0",
        "0.750000",
    )
    case = next(root.iter("testcase"))
    assert (case.get("classname"), case.get("name"), case.get("time")) == ("tf-eager.a.yaml", "post[x::y]", "0.250000")


def test_result_as_expected_is_bare() -> None:
    """A case without a child is what a server counts as passed."""
    assert list(one("testcase", result())) == []


@pytest.mark.parametrize("verdict", [Verdict.DEVIATES, Verdict.REFUSES, Verdict.CONFORMS, Verdict.SKIPPED])
def test_unexpected_result_is_a_failure(verdict: Verdict) -> None:
    """A case that conforms against a known deviation, or is skipped for no reason, too."""
    bad = result(verdict=verdict, expected=False, why="it <does>")
    failure = one("failure", bad)
    assert (failure.get("type"), failure.get("message")) == (verdict.value, "it <does>")
    assert failure.text == failure_text(bad)


@pytest.mark.parametrize("verdict", [Verdict.CRASHES, Verdict.TIMES_OUT])
def test_unexpected_end_is_an_error(verdict: Verdict) -> None:
    """What never came back is an error, not a failure."""
    bad = result(verdict=verdict, expected=False, why="gone")
    assert one("error", bad).get("type") == verdict.value
    assert parsed(bad).get("errors") == "1"


def test_known_deviations_and_skipped_cases_are_skipped() -> None:
    """Neither is a pass; the reason is said."""
    known = one("skipped", result(verdict=Verdict.CRASHES, deviation=KNOWN))
    assert known.get("message") == "known deviation: crashes: It does not."
    assert one("skipped", result(verdict=Verdict.SKIPPED, why="needs oneDNN")).get("message") == "needs oneDNN"


def test_missing_results_are_errors() -> None:
    """A run that was cut short is not a short run."""
    root = parsed(result("a.yaml::b"), collected=("a.yaml::b::tf-eager", "a.yaml::c::mine"), complete=False)
    (missing,) = [case for case in root.iter("testcase") if case.find("error") is not None]
    assert (missing.get("classname"), missing.get("name")) == ("mine.a.yaml", "c")
    assert [suite.get("name") for suite in root] == ["tf-eager", "mine"]
    assert root.get("errors") == "1"


@pytest.mark.parametrize(
    ("known", "why"),
    [({"torn": True}, "the last record was cut off"), ({"complete": False}, "the run was not ended in order")],
)
def test_interrupted_run_is_an_error(known: dict[str, Any], why: str) -> None:
    """Even where no collected case lacks its record."""
    assert one("error", result(), **known).get("message") == why


def test_note_of_the_run_is_a_failure() -> None:
    """Such as a known deviation that matches no case: no record can say it, and the exit status is 1."""
    root = parsed(result(), notes=("x.yaml:3 matches no case",))
    assert root.get("failures") == "1"
    assert [failure.get("message") for failure in root.iter("failure")] == ["x.yaml:3 matches no case"]


def test_characters_that_xml_cannot_hold() -> None:
    """They are left out wherever a record has them, and everything else comes back as it was."""
    evil = "a\x00\x1b[31m\x0b\ufffe\ud800]]>&<\"' \U0001f642é"
    clean = "a[31m]]>&<\"' \U0001f642é"
    bad = result(f"f{evil}::{evil}", Verdict.DEVIATES, expected=False, why=evil, implementation=evil, reproduce=evil)
    bad_error = ErrorReport("E", evil, None, (evil,))
    root = parsed(
        *(bad, result(verdict=Verdict.SKIPPED, why=evil), result(verdict=Verdict.REFUSES, deviation={"reason": evil})),
        result(verdict=Verdict.CRASHES, expected=False, error=bad_error),
        environments=environments(packages={evil: evil}, processor=evil),
        command=evil,
        started=evil,
        collected=(f"{evil}::{evil}",),
    )
    case = next(root.iter("testcase"))
    assert (case.get("classname"), case.get("name"), root[0].get("name")) == (f"{clean}.f{clean}", clean, clean)
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == clean


def test_time_that_is_none_is_zero() -> None:
    """A worker that died has left no times."""
    assert one("testcase", result(seconds={})).get("time") == "0.000000"
    assert one("testcase", result(seconds={"total": float("nan")})).get("time") == "0.000000"


def test_failure_text() -> None:
    """One result, golden: digits enough to tell values apart, columns aligned, the line that reproduces it last."""
    error = ErrorReport("OddError", "odd", "SIGSEGV", ("Fatal\x1b[31m",))
    assert failure_text(failing(error=error)) == (
        "tf-eager deviates on a.yaml::bad: it differs\n"
        "accuracy (normal) fail: 1 of 486 elements differ, margin 1.43e+06, max abs 1, rel 0.776, ulp 8.39e+06\n"
        "      index            expected              actual      abs      rel       ulp     bound\n"
        "  [1,0,0,0]          -1.2889348        -0.288934827        1    0.776  8.39e+06     7e-07\n"
        "  [0,5,7,2]  2.0250721510869845  2.0250721510869849  4.4e-16  2.2e-16         1  6.04e-07\n"
        "error OddError: odd\n"
        "signal: SIGSEGV\n"
        "stderr: Fatal\\x1b[31m\n"
        "reproduce: harness run x"
    )


def test_failure_text_says_an_error_once() -> None:
    """A refusal's first line has the error already."""
    refused = failing(Verdict.REFUSES, why="E: no", error=ErrorReport("E", "no"), checks=())
    assert failure_text(refused).splitlines()[:-1] == ["tf-eager refuses on a.yaml::bad: E: no"]


def test_failure_text_leaves_a_check_without_numbers_to_its_note() -> None:
    """No elements were compared where the shape is wrong."""
    check = Check("structure", "normal", "fail", "returned shape [1], not [2]", total=2)
    text = failure_text(failing(checks=(check,)))
    assert text.splitlines()[1] == "structure (normal) fail: returned shape [1], not [2]"


def test_failure_text_fits_a_terminal() -> None:
    """Long numbers drive out the columns that follow from the others, not the ones that say what is wrong."""
    far = Element(
        (127, 255, 255, 2047), -1.2345678901234567e-300, -1.2345678901234569e-300, 1e-301, 1e-16, 1.5e10, 1e-309
    )
    _, _, head, line, _ = failure_text(failing(checks=(replace(WRONG, worst=(far,)),))).splitlines()
    assert len(head) == len(line) <= 100
    assert head.split() == ["index", "expected", "actual", "abs", "ulp", "bound"]
    assert "-1.2345678901234568e-300" in line
