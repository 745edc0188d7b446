"""That each mutant is wrong in its one way, and the kernel they depart from in none."""

from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given

from harness.hosts.host import call_in_process
from harness.implementations.arguments import Call, call_of_case
from harness.implementations.frameworks import DEFAULT
from harness.implementations.mutants import MUTANTS
from harness.implementations.mutants.kernel import CORRECT
from harness.implementations.mutants.mutant import Mutant
from harness.implementations.resolve import BUILT_IN, resolve
from harness.oracle.operands import make_operands
from harness.records import Verdict
from harness.remote.loading import load
from harness.runner import run
from harness.spec.case import Case, DataKind, kinds_of
from harness.spec.schema import DTYPES
from harness.studies.mutation import found_by
from harness.tests.strategies import calls, examples, geometry_of, make_case

# A few small calls that are telling where one is telling: strides, pads, dilations and extents all differ.
TELLING: Final[dict[str, dict[str, Any]]] = {
    "strided": {"input_sizes": [2, 7, 6, 2], "filter": [3, 4, 2, 3], "strides": [2, 3], "padding": "SAME"},
    "odd": {"input_sizes": [1, 5, 6, 2], "filter": [2, 4, 2, 3], "padding": "SAME"},
    "padded": {"input_sizes": [1, 7, 4, 2], "filter": [2, 2, 2, 19], "padding": [[4, 0], [0, 1]]},
    "sides": {"input_sizes": [1, 7, 7, 2], "filter": [4, 4, 2, 3], "padding": [[3, 2], [1, 0]]},
    "gaps": {"input_sizes": [1, 8, 9, 2], "filter": [2, 2, 2, 3], "strides": 4},
    "pointwise": {"input_sizes": [1, 6, 5, 2], "filter": [1, 1, 2, 3], "strides": 3, "padding": "SAME"},
    "dilated": {"input_sizes": [1, 5, 7, 2], "filter": [2, 3, 2, 3], "dilations": [3, 2], "padding": "SAME"},
    "grouped": {"input_sizes": [2, 4, 4, 6], "filter": [2, 3, 3, 8]},
    "layout": {
        "input_sizes": [1, 2, 6, 7], "filter": [3, 2, 2, 3], "strides": [2, 3], "padding": [[1, 2], [0, 3]],
        "data_format": "NCHW",
    },
    "square": {"input_sizes": [4, 4, 4, 4], "filter": [2, 2, 4, 4], "padding": "SAME", "data_format": "NCHW"},
    "empty": {"input_sizes": [1, 3, 5, 2], "filter": [4, 2, 2, 3]},
    "channelless": {"input_sizes": [1, 4, 4, 0], "filter": [2, 2, 0, 3]},
}  # fmt: skip


def telling(dtype: str) -> list[Case]:
    return [make_case(name, dtype=dtype, **values) for name, values in TELLING.items()]


def kinds(dtype: str) -> list[DataKind]:
    """All kinds that the type can hold, equality first."""
    return sorted(kinds_of(dtype), key=lambda kind: kind is not DataKind.WITNESS)


def calls_on(case: Case) -> list[Call]:
    return [
        call_of_case(case, geometry_of(case), operands)
        for kind in kinds(case.attributes.dtype)
        for operands in make_operands(case, kind)
    ]


def by_name(mutant: Mutant) -> str:
    return mutant.name


mutants = pytest.mark.parametrize("mutant", MUTANTS.values(), ids=by_name)


def test_there_are_enough_and_no_two_are_called_the_same() -> None:
    assert len(MUTANTS) >= 40
    assert len({mutant.mistake for mutant in MUTANTS.values()}) == len(MUTANTS)


@mutants
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_mutant_is_found_in_a_type_unless_it_is_equivalent_there(mutant: Mutant, dtype: str) -> None:
    sought = [DataKind.WITNESS] if mutant.indexing else kinds(dtype)
    found = next((case.name for case in telling(dtype) if found_by(case, geometry_of(case), mutant, sought)), None)
    assert (found is None) is (dtype in mutant.equivalent), found


@mutants
def test_a_mutant_is_wrong_in_its_values_only(mutant: Mutant) -> None:
    for case in (case for dtype in DTYPES for case in telling(dtype)):
        for call in calls_on(case)[:2]:
            right, wrong = CORRECT.compute(call), mutant.steps.compute(call)
            assert (wrong.shape, wrong.dtype) == (right.shape, right.dtype), case.name


@mutants
def test_a_mutant_does_the_same_each_time_and_leaves_its_operands_alone(mutant: Mutant) -> None:
    for case in telling("float32"):
        (call, *_) = calls_on(case)
        before = call.filter.tobytes() + call.out_backprop.tobytes()
        assert mutant.steps.compute(call).tobytes() == mutant.steps.compute(call).tobytes()
        assert call.filter.tobytes() + call.out_backprop.tobytes() == before


EQUIVALENT: Final = [(mutant, dtype) for mutant in MUTANTS.values() for dtype in mutant.equivalent]


@pytest.mark.parametrize(("mutant", "dtype"), EQUIVALENT, ids=lambda value: getattr(value, "name", value))
@given(values=calls())
@examples(40)
def test_what_is_declared_equivalent_cannot_be_told_from_right(
    mutant: Mutant, dtype: str, values: dict[str, Any]
) -> None:
    case = make_case(dtype=dtype, **values)
    assert found_by(case, geometry_of(case), mutant, kinds(dtype)) is None


@pytest.mark.parametrize("dtype", DTYPES)
@given(values=calls())
@examples(60)
def test_the_kernel_they_depart_from_is_right(dtype: str, values: dict[str, Any]) -> None:
    case = make_case(dtype=dtype, **values)
    assert found_by(case, geometry_of(case), Mutant("correct", "none", CORRECT), kinds(dtype)) is None


def test_the_kernel_they_depart_from_sums_narrow_types_in_float32() -> None:
    ones = np.ones((1, 1, 1, 3000), np.float16)
    arguments: dict[str, Any] = {
        "input_sizes": [1, 1, 1, 1],
        "filter": ones,
        "out_backprop": ones,
        "strides": [1, 1, 1, 1],
    }
    arguments |= {"padding": "VALID", "explicit_paddings": [], "data_format": "NHWC", "dilations": [1, 1, 1, 1]}
    assert BUILT_IN["correct"].name not in DEFAULT
    assert load(BUILT_IN["correct"].target)(**arguments).item() == 3000


@pytest.mark.parametrize("name", ["nchw-strides-as-nhwc", "no-rotation"])
def test_a_mutant_can_be_run_as_an_implementation(name: str) -> None:
    (implementation,) = resolve([f"mutant:{name}"])
    result = run(make_case(**TELLING["layout"]), implementation, caller=call_in_process)
    assert result.verdict is Verdict.DEVIATES
    assert f"-i mutant:{name}" in result.reproduce


def test_a_mutant_refuses_what_is_invalid() -> None:
    (implementation,) = resolve(["mutant:no-rotation"])
    invalid = make_case(
        input_sizes=[1, 4, 4, 1], filter=[2, 2, 1, 1], out_backprop=[1, 3, 3, 1], strides=[1, 0, 0, 1],
        dilations=[1, 1, 1, 1], expect="rejects",
    )  # fmt: skip
    assert run(invalid, implementation, caller=call_in_process).verdict is Verdict.CONFORMS
