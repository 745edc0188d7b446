"""What did not conform, grouped: by what, in which order, and what the groups are said to share."""

from dataclasses import replace
from typing import Any

import pytest

from harness.records import Check, Element, ErrorReport, Result, Verdict
from harness.report.clusters import clusters
from harness.runner import described
from harness.tests.results import failing, result
from harness.tests.strategies import make_case

KNOWN: dict[str, Any] = {"verdict": Verdict.REFUSES, "deviation": {"reason": "known"}, "checks": ()}


def off(name: str, *places: tuple[int, int], total: int = 99, **call: Any) -> Result:
    """A result that is wrong at these places of height and width, in the layout of its call."""
    case = make_case(name, **({"input_sizes": [1, 5, 6, 2], "filter": [2, 2, 2, 3]} | call))
    nchw = case.attributes.data_format == "NCHW"
    indices = [(0, 0, h, w) if nchw else (0, h, w, 0) for h, w in places]
    worst = tuple(Element(index, 1.0, 2.0, 1.0, 1.0, 1.0, 0.1) for index in indices)
    check = Check("accuracy", "normal", "fail", margin=2.0, mismatched=len(places), total=total, worst=worst[:5])
    return replace(failing(checks=(check,), **described(case)), case=f"a.yaml::{name}")


def test_a_run_in_which_all_conform_has_no_groups() -> None:
    assert clusters([result(), result("b", verdict=Verdict.SKIPPED)]) == ()


def test_what_is_not_expected_comes_first_then_the_largest() -> None:
    known = [result(name, **KNOWN, why="refused") for name in "abc"]
    found = clusters(
        [*known, failing("d", why="x", checks=()), failing("e", why="y", checks=()), failing("f", why="y", checks=())]
    )
    assert [(group.expected, group.members) for group in found] == [(False, (4, 5)), (False, (3,)), (True, (0, 1, 2))]


def test_a_stale_deviation_is_a_group_although_it_conforms() -> None:
    (group,) = clusters([result(expected=False, why="known.yaml:3 says it refuses, but it conforms")])
    assert group.looks == "known.yaml:… says it refuses, but it conforms"


def test_numbers_of_the_case_do_not_part_a_group() -> None:
    errors = [ErrorReport("ValueError", f"got [1, {n}], not {n}\nsecond line") for n in (2, 3)]
    (group,) = clusters([failing(str(error), checks=(), error=error) for error in errors])
    assert (group.looks, group.members) == ("ValueError: got …, not …", (0, 1))


def test_implementations_that_do_the_same_in_the_same_cases_are_one_group() -> None:
    same = [result("a", name, **KNOWN, why="no") for name in ("one", "two")]
    (group, other) = clusters([*same, result("b", "three", **KNOWN, why="no")])
    assert (group.implementations, group.members) == (("one", "two"), (0, 1))
    assert other.implementations == ("three",)


@pytest.mark.parametrize(
    ("one", "other", "looks"),
    [
        ("is 0 there: 3 of 9 elements", "is 0 there: 1,024 of 2,048 elements", "is 0 there"),
        ("differs only in row 2: 3 of 9 elements", "differs only in row 5: 1 of 9 elements", "differs only in row …"),
        (
            "matches no known mistake: 3 of 9 elements differ, spread over rows 1 to 2",
            "matches no known mistake: 5 of 7 elements differ",
            "matches no known mistake",
        ),
        (
            "every element differs, and is 0 there: 9 of 9 elements; also what comes of: pads ignored",
            "every element differs, and is 0 there: 4 of 4 elements; also what comes of: pads ignored",
            "every element differs, and is 0 there; also what comes of: pads ignored",
        ),
    ],
)
def test_a_diagnosis_is_told_without_the_cases_own_counts(one: str, other: str, looks: str) -> None:
    (group,) = clusters([failing("a", diagnosis=one), failing("b", diagnosis=other)])
    assert (group.looks, len(group.members)) == (looks, 2)


def test_a_signal_is_named_once() -> None:
    error = ErrorReport("SIGABRT", "", "SIGABRT", ())
    assert clusters([failing("a", error=error)])[0].looks == "SIGABRT"


def test_a_diagnosis_says_what_it_looks_like() -> None:
    (group,) = clusters([failing("a", diagnosis="Rotated.", why="1"), failing("b", diagnosis="Rotated.", why="2")])
    assert (group.looks, len(group.members)) == ("Rotated.", 2)


@pytest.mark.parametrize(
    ("places", "known", "looks"),
    [
        ([(1, 5)], {}, "accuracy: one element differs, last column"),
        ([(1, 5), (2, 5)], {}, "accuracy: some elements differ, last column"),
        ([(0, 3), (0, 4)], {}, "accuracy: some elements differ, first row"),
        ([(4, 5), (4, 5)], {}, "accuracy: some elements differ, last row and last column"),
        ([(1, 2), (3, 4)], {}, "accuracy: some elements differ"),
        ([(1, 5), (2, 5)], {"total": 2}, "accuracy: every element differs"),
        ([(1, 5)] * 6, {}, "accuracy: some elements differ, worst in the last column"),
        ([(1, 5)], {"data_format": "NCHW", "input_sizes": [1, 2, 5, 6]}, "accuracy: one element differs, last column"),
    ],
)
def test_where_it_differs(places: list[tuple[int, int]], known: dict[str, Any], looks: str) -> None:
    assert clusters([off("case", *places, **known)])[0].looks == looks


def test_only_what_tells_a_group_from_the_run_is_said() -> None:
    """Every case of the run is float32 and VALID; those that fail have stride 2."""
    wrong = [off(name, (1, 5), strides=2, dtype="float32") for name in "ab"]
    fine = replace(off("c", (1, 5)), verdict=Verdict.CONFORMS, expected=True)
    assert clusters([*wrong, fine])[0].shared == ("strides 2",)


def test_a_choice_of_results_keeps_its_places() -> None:
    results = [failing("a"), failing("b"), failing("c")]
    assert [group.members for group in clusters(results, {1, 2})] == [(1, 2)]
