"""What a diagnosis says of each mutant's own results, of patterns, of values and of shapes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest

from harness.diagnosis import FailedCall, diagnose
from harness.diagnosis.likeness import MOST_WORK, alike
from harness.hosts.host import call_in_process
from harness.implementations import Implementation
from harness.implementations.arguments import call_of_case
from harness.implementations.mutants import MUTANTS
from harness.implementations.resolve import resolve
from harness.oracle.bounds import TYPES
from harness.oracle.operands import kernel_layout
from harness.oracle.reference import errors_of, expectations
from harness.report.failure import failure_text
from harness.runner import run
from harness.spec.case import Case, DataKind
from harness.tests.implementations.test_mutants import TELLING, kinds, telling
from harness.tests.strategies import geometry_of, make_case

Array = np.ndarray[Any, Any]
HERE: Final = "harness.tests.diagnosis.test_diagnosis"


@pytest.mark.parametrize("dtype", ["half", "float32", "int32"])
def test_a_mutants_own_result_is_called_by_its_mistake(dtype: str) -> None:
    named = set()
    for case in telling(dtype):
        geometry = geometry_of(case)
        for kind in {DataKind.WITNESS, DataKind.SPECIAL, DataKind.WRAP} & set(kinds(dtype)):
            for draw, expectation in enumerate(expectations(case, geometry, kind)):
                call = call_of_case(case, geometry, expectation.operands)
                for name, mutant in MUTANTS.items():
                    value = mutant.steps.compute(call)
                    if not errors_of(case, expectation, value).wrong.any():
                        continue
                    names = alike(case, geometry, kind, draw, value)
                    assert mutant.mistake in names, (case.name, kind)
                    named.add(name)
    sought = {name for name, mutant in MUTANTS.items() if dtype not in mutant.equivalent}
    assert sought - named <= {"operands-rounded"}  # which `normal` finds, and rounding itself resembles


def test_nothing_but_zeros_is_said_first_then_three_mistakes_at_most_that_leave_them() -> None:
    case = make_case("square", input_sizes=[1, 5, 5, 1], filter=[3, 3, 1, 1], padding="SAME")
    geometry = geometry_of(case)
    expectation = expectations(case, geometry, DataKind.WITNESS)[0]
    value = np.zeros_like(expectation.in_backprop).astype(np.float32)
    text = diagnose(case, geometry, FailedCall(DataKind.WITNESS, 0, value))
    assert text == (
        "every element differs, and is 0 there: 25 of 25 elements; also what comes of: last output channel dropped / "
        "last input channel left at 0 / last image of the batch left at 0"
    )


def test_an_order_that_changes_nothing_is_no_diagnosis() -> None:
    """One image, one row: reversing them is no mistake, and what is wrong is a single element."""
    case = make_case("row", input_sizes=[1, 1, 6, 3], filter=[1, 2, 3, 4])
    expectation = expectations(case, geometry_of(case), DataKind.NORMAL)[0]
    value = expectation.in_backprop.astype(np.float32)
    value[0, 0, 2, 1] *= 1 + 2**-8
    text = diagnose(case, geometry_of(case), FailedCall(DataKind.NORMAL, 0, value))
    assert text == "differs only in column 2, only in channel 1: 1 of 18 elements"


@pytest.mark.parametrize(("dtype", "bits"), [("half", 0x7C01), ("bfloat16", 0x7F81)])
def test_what_was_never_written_may_be_a_signalling_nan(dtype: str, bits: int) -> None:
    case = make_case("square", input_sizes=[1, 5, 5, 1], filter=[3, 3, 1, 1], padding="SAME", dtype=dtype)
    value = np.full((1, 5, 5, 1), bits, np.uint16).view(TYPES[dtype].dtype)
    with np.errstate(all="raise"):
        text = diagnose(case, geometry_of(case), FailedCall(DataKind.WITNESS, 0, value))
    assert text is not None
    assert "NaN" in text


def said_of(change: Callable[[Array], Array], case: Case | None = None, kind: DataKind = DataKind.WITNESS) -> str:
    """The diagnosis of a right result [N H W C] that was changed."""
    case = case or make_case(input_sizes=[2, 8, 6, 4], filter=[3, 2, 2, 6], strides=[2, 1], padding="SAME")
    right = expectations(case, geometry_of(case), kind)[0].in_backprop
    value = change(kernel_layout(case, right).copy())
    if case.attributes.data_format == "NCHW":
        value = value.transpose(0, 3, 1, 2)
    numeric = TYPES[case.attributes.dtype]
    said = diagnose(case, geometry_of(case), FailedCall(kind, 0, value.astype(numeric.dtype)))
    assert said is not None
    return said


def plus_one(*place: Any) -> Callable[[Array], Array]:
    """Something is added that differs from element to element."""

    def change(result: Array) -> Array:
        result[place] += 1e6 * (1 + np.arange(result[place].size).reshape(result[place].shape))
        return result

    return change


ALL: Final = slice(None)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ((0,), "differs only in the first image: 192 of 384 elements"),
        ((ALL, -1), "differs only in the last row: 48 of 384 elements"),
        ((ALL, ALL, 2), "differs only in column 2: 64 of 384 elements"),
        ((ALL, ALL, ALL, slice(1, None)), "differs only in channels other than the first: 288 of 384 elements"),
        ((ALL, ALL, ALL, slice(2, None)), "differs only in group 1, only in the last 2 channels"),
        ((ALL, slice(1, None, 2)), "differs only where (h + pad_top) mod 2 = 1: 192 of 384 elements"),
        ((ALL, slice(0, None, 2), -1), "differs only in the last column, only where (h + pad_top) mod 2 = 0"),
        ((0, [0, 7], slice(1, 3)), "differs only in the first image, only in the first and the last row, only in col"),
        ((1, [1, 4, 6]), "differs only in the last image, only in rows 1, 4, 6: 72 of 384 elements"),
        ((ALL,), "matches no known mistake: 384 of 384 elements differ"),
    ],
)  # fmt: skip
def test_where_the_wrong_elements_lie(place: tuple[Any, ...], said: str) -> None:
    text = said_of(plus_one(*place))
    assert said.replace("group 1", "the last group") in text or said in text, text


def test_no_pattern_is_said_to_be_none() -> None:
    scattered = np.random.default_rng(4).random((2, 8, 6, 4)) < 0.3
    text = said_of(lambda right: np.where(scattered, right + 1e6 * (1 + np.arange(384).reshape(right.shape)), right))
    count = int(scattered.sum())
    assert text == (
        f"matches no known mistake: {count} of 384 elements differ, "
        "spread over images 0 to 1, rows 0 to 7, columns 0 to 5, channels 0 to 3"
    )


GAPS: Final = make_case("gaps", input_sizes=[1, 8, 9, 2], filter=[2, 2, 2, 3], strides=4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda right: right * 2, "is off by a constant factor of 2 there"),
        (lambda right: right + np.sign(right), "is off by at most 1 part in "),
        (lambda right: right * 0.4, "is off by a constant factor of 0.4 there"),
        (lambda right: -right, "has the opposite sign there"),
        (lambda right: right * (np.arange(9) % 4 == 1)[:, None], "is 0 there"),
        (lambda right: right + np.nan, "every element differs, and is NaN there, where the reference is finite"),
        (lambda right: np.where(right == 0, right, np.inf), "is infinite there, where the reference is finite"),
        (lambda right: np.where(right == 0, 7, right), "differs only at positions that no term reaches"),
        (lambda right: np.where(right == 0, 7, right), "is not 0 there, as it must be"),
        (lambda right: right[:, ::-1, ::-1], "has the right values, rows and columns in reverse order"),
        (lambda right: np.roll(right, 1, 1), "has the right values, one row too low"),
    ],
)
def test_what_the_wrong_values_are(change: Callable[[Array], Array], said: str) -> None:
    assert said in said_of(change, GAPS)


def test_a_factor_beyond_float64_is_no_factor() -> None:
    case = make_case("tiny", input_sizes=[1, 2, 2, 1], filter=[2, 2, 1, 1], padding="SAME", dtype="float64")
    said = said_of(lambda right: np.full_like(right, np.finfo(np.float64).max) * np.sign(right), case, DataKind.NORMAL)
    assert said.startswith("matches no known mistake")


def test_height_and_width_exchanged_is_seen_in_a_square() -> None:
    square = make_case("square", input_sizes=[1, 4, 4, 3], filter=[2, 2, 3, 2], padding="SAME")
    assert "height and width exchanged" in said_of(lambda right: right.swapaxes(1, 2), square)


def test_a_place_is_named_in_the_order_of_nhwc_whatever_the_layout() -> None:
    case = make_case("nchw", input_sizes=[1, 4, 5, 6], filter=[3, 2, 4, 3], padding="SAME", data_format="NCHW")
    assert said_of(plus_one(ALL, -1), case).startswith("differs only in the last row: 24 of 120")


def test_what_is_right_is_not_diagnosed_and_nothing_but_rounding_is_no_mutant() -> None:
    case = make_case("rounded", **TELLING["strided"])
    right = expectations(case, geometry_of(case), DataKind.NORMAL)[0].in_backprop.astype(np.float32)
    assert diagnose(case, geometry_of(case), FailedCall(DataKind.NORMAL, 0, right)) is None
    off = right + np.float32(1e-5)
    assert alike(case, geometry_of(case), DataKind.NORMAL, 0, off) == []


def test_a_large_call_is_left_to_the_patterns() -> None:
    case = make_case("large", input_sizes=[4, 32, 32, 8], filter=[3, 3, 8, 16], padding="SAME")
    assert geometry_of(case).multiply_adds > MOST_WORK
    assert said_of(lambda right: np.concatenate([right[:, :-1], 0 * right[:, -1:]], 1), case) == (
        "differs only in the last row, and is 0 there: 1,024 of 32,768 elements"
    )


SHORT: Final = make_case("short", input_sizes=[1, 6, 7, 2], filter=[3, 4, 2, 3])
STEPS: Final = make_case("steps", input_sizes=[2, 6, 7, 4], filter=[3, 3, 2, 6], strides=2)


@pytest.mark.parametrize(
    ("case", "shape", "said"),
    [
        (SHORT, (1, 2, 6, 7), "the other data_format"),
        (SHORT, (1, 7, 6, 2), "height and width exchanged"),
        (SHORT, (1, 4, 4, 3), "the shape of out_backprop"),
        (SHORT, (1, 4, 4, 2), "height and width of out_backprop"),
        (SHORT, (1, 3, 4, 2), "height and width of the filter"),
        (SHORT, (1, 6, 7, 3), "as many channels as out_backprop"),
        (SHORT, (6, 7, 2), "no batch"),
        (SHORT, (84,), "flat"),
        (STEPS, (2, 5, 7, 4), "the smallest extents that give this out_backprop"),
        (STEPS, (2, 6, 7, 2), "as many channels as one group"),
        (STEPS, (1, 6, 7, 4), "one image"),
    ],
)
def test_what_a_wrong_shape_is(case: Case, shape: tuple[int, ...], said: str) -> None:
    text = diagnose(case, geometry_of(case), FailedCall(DataKind.WITNESS, 0, shape=shape))
    assert text is not None
    assert text.startswith(f"the shape is that of: {said}")


def test_no_shape_an_unknown_one_and_the_right_one_are_not_guessed_at() -> None:
    for shape in (None, (9, 9), (1, 6, 7, 2)):
        failed = FailedCall(DataKind.WITNESS, 0, shape=shape)
        assert diagnose(SHORT, geometry_of(SHORT), failed) is None


def exchanged(**_arguments: Any) -> Array:
    return np.zeros((1, 7, 6, 2), np.float32)


def test_a_record_and_the_failure_text_have_the_diagnosis_and_maps() -> None:
    (mutant,) = resolve(["mutant:last-row-dropped"])
    case = replace(make_case("dropped", **TELLING["sides"]), data=(DataKind.WITNESS, DataKind.NORMAL))
    result = run(case, mutant, caller=call_in_process)
    assert result.diagnosis == "identical to: last row of in_backprop left at 0"
    assert f"diagnosis: {result.diagnosis}\n" in failure_text(result)
    assert "diagnosis" in result.seconds
    for check in result.checks[:2]:
        assert check.maps is not None
        values = check.maps["height_width"]["values"]
        assert min(values[-7:]) > 1 >= max(values[:-7])


def test_a_wrong_shape_is_diagnosed_and_what_conforms_is_not() -> None:
    case = make_case("shape", input_sizes=[1, 6, 7, 2], filter=[2, 4, 2, 3])
    wrong = Implementation("exchanged", f"{HERE}:exchanged", "exchanged")
    result = run(case, wrong, caller=call_in_process)
    assert result.diagnosis == "the shape is that of: height and width exchanged"
    (right,) = resolve(["correct"])
    conforming = run(case, right, caller=call_in_process)
    assert conforming.diagnosis is None
    assert "diagnosis" not in conforming.seconds
    assert all(check.maps is None for check in conforming.checks)
