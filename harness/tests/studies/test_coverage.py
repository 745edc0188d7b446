from itertools import combinations, product
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given

from harness.spec.case import Case, DataKind
from harness.spec.casefile import CasePath, load
from harness.spec.selection import CASES, case_paths
from harness.studies import covering, size_tables
from harness.studies.classes import (
    AXES,
    IMPOSSIBLE,
    OF_ONE_DIRECTION,
    Combination,
    classes_of,
    directions,
    is_possible,
    rows,
)
from harness.studies.coverage import SHOWN, coverage_lines, measure
from harness.studies.generated import digest
from harness.tests.cases import HEAD, PLAIN, REJECTS, cases_of
from harness.tests.processes import ROOT, harness
from harness.tests.strategies import cases as any_case
from harness.tests.strategies import examples

SHIPPED: Final = ROOT / "cases" / "conv2d_backprop_input" / "covering.yaml"


def shipped() -> list[Case]:
    return load(case_paths(ROOT / CASES, ROOT))


def held(case: Case) -> list[dict[str, str]]:
    return [dict(zip(AXES, classes_of(row), strict=True)) for row in rows(case)]


def test_every_row_is_in_exactly_one_class_of_every_axis() -> None:
    for case in shipped():
        for row in rows(case):
            for axis, classes in AXES.items():
                assert len([name for name, holds in classes.items() if holds(row)]) == 1, (case.id, axis)


def test_the_classes_of_one_case(tmp_path: Path) -> None:
    text = HEAD + "cases:\n  - id: one\n    input_sizes: [2, 8, 16, 4]\n    filter: [3, 1, 1, 4]\n"
    (case,) = cases_of(
        tmp_path, text + "    strides: [2, 3]\n    padding: SAME\n    dtype: half\n    data: [witness]\n"
    )
    high, wide = held(case)
    # Height: P = 4, total = 3*2 + 3 - 8 = 1. Width: Q = 6, total = max(5*3 + 1 - 16, 0) = 0.
    assert high | {"input": "", "filter": ""} == {
        "padding": "SAME, odd",
        "stride": "below filter",
        "remainder": "none",
        "filter": "",
        "input": "",
        "output": "more",
        "dilation": "none",
        "directions": "different",
        "groups": "depthwise",
        "batch": "more",
        "C": "more",
        "K": "more",
        "layout": "NHWC",
        "type": "half",
        "data": "witness",
    }
    assert (high["input"], high["filter"], wide["input"], wide["filter"]) == ("small", "odd", "large", "one")
    assert (wide["padding"], wide["stride"], wide["remainder"]) == ("SAME, even", "above filter", "none")


@pytest.mark.parametrize(
    ("padding", "padding_class", "remainder"),
    [
        ("VALID", "VALID", "some"),
        ("[[0, 0], [0, 0]]", "explicit zero", "some"),
        ("[[1, 1], [0, 0]]", "explicit, equal", "some"),
        ("[[0, 1], [0, 0]]", "explicit, unequal", "none"),
        ("[[0, 3], [0, 0]]", "explicit, beyond filter", "none"),
    ],
)
def test_paddings_and_remainders(tmp_path: Path, padding: str, padding_class: str, remainder: str) -> None:
    text = f"cases: [{{id: a, input_sizes: [1, 6, 2, 1], filter: [3, 1, 1, 1], strides: 2, padding: {padding}}}]\n"
    (case,) = cases_of(tmp_path, HEAD + text)
    assert (held(case)[0]["padding"], held(case)[0]["remainder"]) == (padding_class, remainder)


def impossible_pairs() -> set[Combination]:
    return {
        combination
        for one, other in combinations(AXES, 2)
        for classes in product(AXES[one], AXES[other])
        if not is_possible(combination := Combination(zip((one, other), classes, strict=True)))
    }


@examples(300)
@given(any_case())
def test_what_a_case_has_is_possible(case: Case) -> None:
    for row in rows(case):
        for combination in combinations(zip(AXES, classes_of(row), strict=True), 3):
            assert is_possible(Combination(combination)), combination


def test_what_a_shipped_case_has_is_possible() -> None:
    found = {classes_of(row) for case in shipped() for row in rows(case)}
    for classes in found:
        for combination in combinations(zip(AXES, classes, strict=True), 3):
            assert is_possible(Combination(combination)), combination


@pytest.mark.parametrize(
    "combination",
    [
        {"stride": "1", "remainder": "some"},
        {"stride": "below filter", "filter": "one"},
        {"padding": "SAME, odd", "filter": "one"},
        {"padding": "SAME, odd", "remainder": "some"},
        {"padding": "SAME, odd", "filter": "odd", "stride": "1"},
        {"padding": "explicit, beyond filter", "output": "none"},
        {"type": "int32", "data": "special"},
        {"type": "float32", "data": "wrap"},
        {"groups": "depthwise", "C": "one"},
        {"groups": "several", "K": "one", "layout": "NCHW"},
        {"directions": "alike", "dilation": "unequal"},
    ],
)
def test_what_no_case_can_have_is_impossible(combination: dict[str, str]) -> None:
    assert not is_possible(Combination(combination.items()))


def test_nothing_declared_impossible_speaks_of_one_direction_alone() -> None:
    """Arithmetic decides there, not a list."""
    for combination in IMPOSSIBLE:
        assert not {axis for axis, _ in combination} <= set(OF_ONE_DIRECTION)


def test_counts_add_up(tmp_path: Path) -> None:
    measured = measure(cases_of(tmp_path, PLAIN))
    totals = [0, 0, 0]
    for strength in (1, 2, 3):
        for axes in combinations(AXES, strength):
            count = 1
            for axis in axes:
                count *= len(AXES[axis])
            totals[strength - 1] += count
    reached = (measured.classes, measured.pairs, measured.triples)
    assert [each.total + each.impossible for each in reached] == totals
    assert measured.pairs.impossible == len(impossible_pairs())
    assert measured.rules["C1"] == 1
    assert measured.rules["C2"] == 0


def test_a_case_more_covers_more_and_a_rejected_one_covers_rules_alone(tmp_path: Path) -> None:
    plain, rejected = cases_of(tmp_path, PLAIN), cases_of(tmp_path, REJECTS)
    first, all_of_it = measure(plain[:1]), measure(plain)
    assert first.pairs.covered < all_of_it.pairs.covered
    assert set(all_of_it.triples.uncovered) < set(first.triples.uncovered)
    assert measure(rejected).classes.covered == 0
    assert measure(plain + rejected).pairs == all_of_it.pairs
    assert measure(rejected).invalid == 1


def test_the_first_uncovered_are_named_and_all_on_demand(tmp_path: Path) -> None:
    measured = measure(cases_of(tmp_path, PLAIN))
    few, everything = coverage_lines(measured), coverage_lines(measured, everything=True)
    rest = len(measured.triples.uncovered) - SHOWN
    assert f"  and {rest:,} more: --all names them" in few
    assert sum(line.startswith("  uncovered: ") for line in everything) == sum(
        len(each.uncovered) for each in (measured.classes, measured.pairs, measured.triples)
    )
    assert "  uncovered: layout: NCHW" in few


def test_the_command_takes_files(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(PLAIN)
    done = harness("coverage", file)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("7 cases, 0 of them expect a rejection\nrules, and the cases that cover them: C1 1\n")
    assert harness("coverage", tmp_path / "nosuch.yaml").returncode == 4


# The covering set


def test_generating_the_covering_set_again_gives_the_same_bytes() -> None:
    assert covering.covering_file() == SHIPPED.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ["covering.yaml", "blocks-plain.yaml", "blocks-grouped.yaml"])
def test_a_generated_id_ends_in_the_digest_of_its_call(file: str) -> None:
    cases = load([CasePath(file, SHIPPED.with_name(file))])
    assert cases
    assert [case.name.rpartition("-")[2] for case in cases] == [digest(case.attributes) for case in cases]
    assert len({digest(case.attributes) for case in cases}) == len(cases)


def covering_cases() -> list[Case]:
    return load([CasePath("covering.yaml", SHIPPED)])


def is_empty(case: Case) -> bool:
    return 0 in (*case.attributes.input_sizes, *case.attributes.filter, *case.attributes.out_backprop)


def test_the_shipped_set_brings_every_three_classes_together_that_can_be() -> None:
    """Classified anew from the cases: what the generator meant does not count."""
    measured = measure(covering_cases())
    assert measured.classes.uncovered == ()
    assert measured.pairs.uncovered == ()
    assert measured.triples.uncovered == ()


def test_three_classes_that_need_no_empty_tensor_are_together_in_a_case_without_one() -> None:
    """An empty tensor would hide whatever else is wrong."""
    axes = [axis for axis in AXES if axis != "data"]
    found = [each for case in covering_cases() if not is_empty(case) for each in held(case)]
    filled = [
        levels
        for classes in directions()
        if not set(levels := tuple(zip(OF_ONE_DIRECTION, classes, strict=True))) & set(covering.EMPTY)
    ]
    missing = []
    for names in combinations(axes, covering.STRENGTH):
        seen = {tuple(each[axis] for axis in names) for each in found}
        local = [axis for axis in names if axis in OF_ONE_DIRECTION]
        alone = {tuple(name for axis, name in levels if axis in local) for levels in filled}
        for classes in product(*(AXES[axis] for axis in names)):
            asked = dict(zip(names, classes, strict=True))
            can_be = not asked.items() & set(covering.EMPTY) and is_possible(Combination(asked.items()))
            if can_be and tuple(asked[axis] for axis in local) in alone and classes not in seen:
                missing.append(asked)
    assert missing == []


def test_cases_with_infinities_have_nothing_else() -> None:
    """What is known to come of a zero times NaN would hide what comes of numbers."""
    for case in covering_cases():
        assert DataKind.SPECIAL not in case.data or len(case.data) == 1, case.id


# Sizes


def test_the_default_suite_has_every_size_class_under_every_level() -> None:
    (name, covered, total), *_ = measure(shipped()).sizes
    assert (name, covered) == ("sizes with a level", total)


def test_a_case_has_its_sizes_together_with_its_levels(tmp_path: Path) -> None:
    text = HEAD + "cases: [{id: a, input_sizes: [1, 3, 17, 8], filter: [3, 3, 8, 64], padding: SAME}]\n"
    (with_a_level, with_two, with_a_size) = measure(cases_of(tmp_path, text)).sizes
    # 8 extents under 8 levels, under 28 pairs of levels, and in 28 pairs; none of them impossible.
    assert [covered for _, covered, _ in (with_a_level, with_two, with_a_size)] == [64, 224, 28]


@examples(200)
@given(any_case())
def test_what_a_case_has_of_sizes_is_possible(case: Case) -> None:
    if case.geometry:
        sizes, states = size_tables.places(case.attributes, case.geometry)
        can = size_tables.possible()
        assert can.one[np.ix_(sizes, states)].all()
        both = can.two | can.two.transpose(0, 2, 1)
        assert all(both[size, one, other] for size, one, other in product(sizes, states, states) if one != other)
        together = can.sizes | can.sizes.T
        assert all(together[one, other] for one, other in product(sizes, sizes) if one != other)
