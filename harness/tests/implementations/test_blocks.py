"""Mutants of blocked kernels: wrong in their part, under their level, and nowhere else; and what finds them."""

import random
from itertools import product
from typing import Any, Final

import numpy as np
import pytest

from harness.hosts.host import call_in_process
from harness.implementations.arguments import call_of_case
from harness.implementations.mutants.blocks import (
    CHANGES,
    FAULTS,
    HEAVY,
    LONG,
    PARTS,
    PLAIN,
    VAST,
    WHERES,
    Blocked,
    Fault,
    Where,
    equivalent,
    generated,
)
from harness.implementations.mutants.kernel import CORRECT
from harness.implementations.resolve import resolve
from harness.oracle.operands import make_operands
from harness.records import Verdict
from harness.runner import run
from harness.spec.case import Case, DataKind
from harness.spec.traits import BLOCKS, EXTENTS, LEVELS, SIZE_CLASSES, size_class, traits_of
from harness.studies.block_kills import block_kills, is_found
from harness.studies.drawn import drawn
from harness.studies.generated import as_case
from harness.tests.strategies import geometry_of, make_case

STRIDED: Final = Where("stride", "rows")


def a_case(name: str = "case", **values: Any) -> Case:
    return make_case(name, **({"input_sizes": [2, 7, 6, 18], "filter": [3, 2, 18, 5], "padding": "SAME"} | values))


def place(part: str, extent: int, width: int) -> tuple[int, int] | None:
    return PARTS[part](extent, width)


def test_parts_of_blocks() -> None:
    assert [place("short", extent, 8) for extent in (1, 2, 7, 8)] == [None, (0, 2), (0, 7), None]
    assert [place("second", extent, 8) for extent in (15, 16, 20)] == [None, (8, 16), (8, 16)]
    assert [place("last", extent, 8) for extent in (8, 24, 25)] == [None, (16, 24), None]
    assert [place("one-over", extent, 8) for extent in (1, 9, 17, 18)] == [None, (8, 9), (16, 17), None]
    assert [place("one-less", extent, 8) for extent in (7, 15, 31)] == [None, (8, 15), (24, 31)]
    assert [place("remainder", extent, 8) for extent in (6, 9, 13, 15)] == [None, None, (8, 13), None]
    assert [place("share", extent, 4) for extent in (4, 11, 12)] == [None, (2, 4), (3, 6)]


@pytest.mark.parametrize("extent", [*range(1, 70), 96, 128, 200])
def test_every_extent_beyond_a_block_has_its_end_in_one_part(extent: int) -> None:
    for width in BLOCKS:
        ends = [
            part
            for part in ("short", "only", "last", "one-over", "one-less", "remainder")
            if place(part, extent, width)
        ]
        assert len(ends) == (extent > 1)


def test_size_classes_are_what_they_are_called() -> None:
    assert {size_class(extent) for extent in range(200)} == set(SIZE_CLASSES)
    said = {1: "1", 3: "below 4", 8: "8", 9: "one past 8", 12: "several of 4", 15: "below 16", 24: "several of 8"}
    assert {extent: size_class(extent) for extent in said} == said
    assert [size_class(extent) for extent in (48, 65, 67, 96, 128, 192)] == [
        "several of 16", "one past 64", "past 64", "several of 32", "several of 64", "several of 64",
    ]  # fmt: skip


@pytest.mark.parametrize("change", [*CHANGES, "last-tap"])
@pytest.mark.parametrize("extent", ["N", "C", "W"])
def test_a_fault_changes_its_part_of_the_result_and_no_more(extent: str, change: str) -> None:
    case = a_case(input_sizes=[11, 5, 11, 11], filter=[3, 2, 11, 5])
    call = call_of_case(case, geometry_of(case), make_operands(case, DataKind.WITNESS)[0])
    axis = {"N": 0, "W": 2, "C": 3}[extent]
    differs = (Fault(extent, 4, "one-less", change).of(call) != CORRECT.of(call)).any(axis=tuple({0, 1, 2, 3} - {axis}))
    assert np.flatnonzero(differs).tolist() == [8, 9, 10]


def test_a_fault_of_output_channels_is_a_sum_without_them() -> None:
    case = a_case(filter=[3, 2, 18, 6])
    call = call_of_case(case, geometry_of(case), make_operands(case, DataKind.WITNESS)[0])
    dropped = Fault("K", 4, "remainder", "dropped").of(call)
    rows = call.out_backprop.copy()
    rows[..., 4:] = 0
    arguments = {"padding": "SAME", "explicit_paddings": [], "data_format": "NHWC", "dilations": [1, 1, 1, 1]}
    right = CORRECT(input_sizes=[2, 7, 6, 18], filter=call.filter, out_backprop=rows, strides=[1, 1, 1, 1], **arguments)
    assert np.array_equal(dropped, right)


def test_a_mutant_is_wrong_under_its_level_alone() -> None:
    name = "C-16-remainder-dropped-stride-rows"
    (implementation,) = resolve([f"mutant:{name}"])

    def verdict(**values: Any) -> Verdict:
        return run(a_case(**values), implementation, caller=call_in_process).verdict

    assert verdict(strides=[2, 1]) is Verdict.DEVIATES
    assert verdict(strides=[2, 2]) is Verdict.CONFORMS
    assert verdict(strides=[2, 1], input_sizes=[2, 7, 6, 16], filter=[3, 2, 16, 5]) is Verdict.CONFORMS
    assert verdict(strides=[2, 1], dilations=[2, 1]) is Verdict.REFUSES
    assert "remainder of blocks of 16 of C dropped, where stride is rows" in implementation.summary


def test_past_many_multiply_adds_means_so_many() -> None:
    where = Where("layout", "NHWC", past=16)
    small, large = a_case(), a_case(input_sizes=[9, 7, 6, 18])
    held = [where.holds(traits_of(case.attributes, geometry_of(case)), geometry_of(case)) for case in (small, large)]
    assert held == [False, True]


def test_no_two_are_called_the_same() -> None:
    names = [mutant.name for mutant in generated()]
    assert len(set(names)) == len(names) > 50_000
    assert {mutant.fault for mutant in generated()} == {*FAULTS, *LONG, *VAST, *HEAVY}


def test_what_is_declared_equivalent_no_call_has() -> None:
    rng = random.Random(0)  # noqa: S311 -- the same draws each time
    declared = [(fault, where) for fault in (*FAULTS, *LONG) for where in WHERES if equivalent(fault, where)]
    assert declared
    for fault, where in rng.sample(declared, 300):
        for _ in range(5):
            call = drawn(rng, {where.trait: where.level}, {fault.extent: rng.choice(SIZE_CLASSES[1:])})
            assert call is None or fault.place(call.geometry) is None, (fault, where)


@pytest.mark.parametrize("extent", EXTENTS)
def test_a_kill_is_what_the_runner_calls_a_deviation(extent: str) -> None:
    rng = random.Random(extent)  # noqa: S311 -- the same draws each time
    for _ in range(6):
        fault = rng.choice([fault for fault in FAULTS if fault.extent == extent])
        where = rng.choice(WHERES)
        levels = {"layout": "NHWC", "dilation": "1", "groups": "several" if "G" in extent else "1", "sizes": "four"}
        call = drawn(rng, levels | {where.trait: where.level}, {extent: rng.choice(SIZE_CLASSES[2:12])})
        if call is None:
            continue
        (implementation,) = (
            resolve([f"mutant:{Blocked(fault, where).name}"]) if not equivalent(fault, where) else [None]
        )
        if implementation:
            killed = fault.place(call.geometry) is not None and is_found(as_case(call), call.geometry, fault)
            verdict = run(as_case(call), implementation, caller=call_in_process).verdict
            assert killed == (verdict is Verdict.DEVIATES), (fault, where, call)


def test_a_case_finds_what_it_has_and_two_are_enough() -> None:
    cases = [a_case(f"case-{number}", strides=[2, 1]) for number in range(3)]
    found = block_kills(cases, workers=1)
    mutant = Blocked(Fault("C", 16, "remainder", "dropped"), STRIDED)
    assert found.kills[mutant] == tuple(case.id for case in cases[:2])
    assert Blocked(Fault("C", 16, "remainder", "dropped"), PLAIN) not in found.survivors
    assert Blocked(Fault("C", 8, "only", "dropped"), STRIDED) in found.survivors
    assert 0 < found.twice < 1
    assert list(found.lines())[-1].endswith("are found by two cases")


@pytest.mark.parametrize("trait", LEVELS)
def test_a_drawn_call_is_what_was_asked_for(trait: str) -> None:
    rng = random.Random(1)  # noqa: S311 -- the same draws each time
    found = 0
    for level, extent in product(LEVELS[trait], EXTENTS):
        call = drawn(rng, {trait: level}, {extent: "several of 16"})
        assert call is None or (call.levels[trait], call.sizes[extent]) == (level, "several of 16")
        found += call is not None
    assert found > len(LEVELS[trait]) * len(EXTENTS) / 2
