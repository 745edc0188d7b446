"""Lists and matrices multiplied out: labels, layouts, kinds of data, and what a case takes from where."""

from pathlib import Path
from typing import Any

import pytest

from harness.oracle.bounds import TYPES
from harness.oracle.sums import LONG
from harness.spec.case import LONG_SUMS, DataKind, Expect, Profile, kinds_of
from harness.spec.expand import AXES, label
from harness.spec.schema import DTYPES, Matrix
from harness.tests.cases import SIZES, case_file, entry, expanded, load_text, names


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("strides", 2, "strides:2"), ("strides", [3, 1], "strides:3x1"), ("strides", [1, 2, 3, 1], "strides:1x2x3x1"),
        ("strides", [], "strides:empty"), ("padding", "SAME", "padding:SAME"),
        ("padding", [[1, 2], [0, 1]], "padding:1+2x0+1"), ("filter", [3, 3, 2, 4], "filter:3x3x2x4"),
        ("input_sizes", [-1, 2], "input_sizes:-1x2"), ("data_format", "NCHW", "NCHW"), ("dtype", "half", "half"),
        ("dtype", "float16", "half"), ("padding", "a b,c=d@[e]", "padding:a_b_c_d__e_"), ("padding", "", "padding:"),
    ],
)  # fmt: skip
def test_a_label_says_what_was_multiplied_out(key: str, value: Any, text: str) -> None:
    assert label(key, value) == text


def test_every_key_of_a_matrix_has_its_place_in_the_id() -> None:
    assert set(AXES) == set(Matrix.model_fields)


def test_a_case_without_lists_keeps_its_id(tmp_path: Path) -> None:
    assert expanded(tmp_path, entry()) == ["a"]
    assert expanded(tmp_path, entry("matrix: {}")) == ["a"]
    assert expanded(tmp_path, entry("dtype: half, data_format: NHWC")) == ["a"]


def test_a_list_of_one_is_multiplied_out_too(tmp_path: Path) -> None:
    assert expanded(tmp_path, entry("dtype: [half]")) == ["a[half]"]
    assert expanded(tmp_path, entry("matrix: {strides: [2]}")) == ["a[strides:2]"]


def test_labels_come_in_one_order_whatever_the_file_says(tmp_path: Path) -> None:
    matrix = "dilations: [1], dtype: [half], padding: [SAME], strides: [2], data_format: [NHWC]"
    assert expanded(tmp_path, entry(f"matrix: {{{matrix}}}", padding="")) == [
        "a[strides:2-padding:SAME-dilations:1-NHWC-half]"
    ]


def test_every_key_can_be_multiplied_out(tmp_path: Path) -> None:
    line = (
        "- {id: a, padding: EXPLICIT, matrix: {input_sizes: [[1, 4, 5, 2]], filter: [[2, 2, 2, 3]], "
        "out_backprop: [[1, 4, 4, 3]], explicit_paddings: [[0, 0, 1, 0, 0, 0, 0, 0]], strides: [[1, 1]]}}"
    )
    assert expanded(tmp_path, line) == [
        "a[input_sizes:1x4x5x2-filter:2x2x2x3-out_backprop:1x4x4x3-strides:1x1-explicit_paddings:0x0x1x0x0x0x0x0]"
    ]


def test_lists_beside_the_matrix_multiply_with_it(tmp_path: Path) -> None:
    assert expanded(tmp_path, entry("dtype: [half, int32], matrix: {strides: [1, 2]}")) == [
        "a[strides:1-half]", "a[strides:1-int32]", "a[strides:2-half]", "a[strides:2-int32]",
    ]  # fmt: skip


def test_a_case_says_it_over_the_defaults(tmp_path: Path) -> None:
    lines = [entry("dtype: half", "one"), entry("", "two"), entry("matrix: {dtype: [int32]}", "three")]
    assert expanded(tmp_path, *lines, defaults="{dtype: [float32, float64]}") == [
        "one", "two[float32]", "two[float64]", "three[int32]",
    ]  # fmt: skip


def test_the_matrix_goes_over_the_defaults(tmp_path: Path) -> None:
    found, problems = load_text(tmp_path, case_file(entry("matrix: {strides: [2, 3]}"), defaults="{strides: 4}"))
    assert problems == []
    assert [case.attributes.strides[1] for case in found] == [2, 3]


def test_what_is_not_said_is_the_usual(tmp_path: Path) -> None:
    ((case,), _) = load_text(tmp_path, case_file(entry()))
    assert (case.attributes.strides, case.attributes.dilations) == ((1, 1, 1, 1), (1, 1, 1, 1))
    assert (case.attributes.data_format, case.attributes.dtype) == ("NHWC", "float32")
    assert (case.expect, case.covers, case.tags, case.profile) == (Expect.CONFORMS, (), (), Profile())


def test_defaults_may_say_everything_but_the_id(tmp_path: Path) -> None:
    defaults = (
        "{description: x, covers: [C1, C16], tags: [big, x.y], data: [wide], dilations: 2, dtype: half, "
        "profile: {float32_accumulator: true}, data_format: NHWC, strides: 2, padding: SAME, "
        f"{SIZES}, out_backprop: [1, 2, 3, 3]}}"
    )
    ((case,), problems) = load_text(tmp_path, case_file("- id: a", defaults=defaults))
    assert problems == []
    assert (case.covers, case.tags, case.data) == (("C1", "C16"), ("big", "x.y"), (DataKind.WIDE,))
    assert case.profile == Profile(float32_accumulator=True)
    assert case.attributes.out_backprop == (1, 2, 3, 3)


def test_a_profile_is_kept_whole(tmp_path: Path) -> None:
    ((case,), _) = load_text(tmp_path, case_file(entry("profile: {rtol: 1, atol: 0.5, reason: because it is so}")))
    assert case.profile == Profile(rtol=1.0, atol=0.5, reason="because it is so")


def test_sizes_are_in_the_order_of_the_first_layout(tmp_path: Path) -> None:
    found, _ = load_text(tmp_path, case_file(entry("data_format: [NHWC, NCHW], strides: [2, 1]")))
    assert names(found) == ["a[NHWC]", "a[NCHW]"]
    plain, permuted = found
    assert plain.geometry == permuted.geometry
    assert plain.attributes.input_sizes == (1, 4, 5, 2)
    assert permuted.attributes.input_sizes == (1, 2, 4, 5)
    assert permuted.attributes.strides == (1, 1, 2, 1)
    assert permuted.attributes.out_backprop == (1, 3, 2, 5)


def test_sizes_may_be_in_nchw_order(tmp_path: Path) -> None:
    line = (
        "- {id: a, input_sizes: [1, 2, 4, 5], filter: [2, 2, 2, 3], padding: SAME, data_format: [NCHW, NHWC], "
        "strides: [1, 1, 2, 1]}"
    )
    found, _ = load_text(tmp_path, case_file(line))
    permuted, plain = found
    assert permuted.attributes.input_sizes == (1, 2, 4, 5)
    assert plain.attributes.input_sizes == (1, 4, 5, 2)
    assert plain.attributes.strides == (1, 2, 1, 1)
    assert plain.geometry == permuted.geometry


def test_a_layout_in_the_matrix_counts_as_well(tmp_path: Path) -> None:
    line = (
        "- {id: a, input_sizes: [1, 2, 4, 5], filter: [2, 2, 2, 3], padding: SAME, matrix: {data_format: [NCHW, NHWC]}}"
    )
    found, _ = load_text(tmp_path, case_file(line))
    assert [case.attributes.input_sizes for case in found] == [(1, 2, 4, 5), (1, 4, 5, 2)]


def test_equal_meanings_may_have_two_spellings(tmp_path: Path) -> None:
    assert expanded(tmp_path, entry("matrix: {strides: [1, [1, 1]]}")) == ["a[strides:1]", "a[strides:1x1]"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_kinds_that_a_type_has(dtype: str, tmp_path: Path) -> None:
    ((case,), _) = load_text(tmp_path, case_file(entry(f"dtype: {dtype}")))
    second = DataKind.WRAP if dtype == "int32" else DataKind.NORMAL
    assert case.data == (DataKind.WITNESS, second)
    assert set(case.data) <= kinds_of(dtype)
    assert (DataKind.WRAP in kinds_of(dtype)) == (dtype == "int32")
    assert (DataKind.WIDE in kinds_of(dtype)) == (dtype != "int32")
    assert DataKind.WITNESS in kinds_of(dtype)


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype != "int32"])
def test_sums_that_are_long_for_their_type_have_positive_operands_beside_the_others(dtype: str, tmp_path: Path) -> None:
    """(k+1)*u is 1/4 from 63 terms of bfloat16 on, 511 of half, 2**22 - 1 of float32 and 2**51 - 1 of float64."""
    least = LONG_SUMS[dtype]
    assert (least + 1) * TYPES[dtype].u == LONG
    for terms, long in ((least, True), (least - 1, False)):
        line = f"- {{id: a, input_sizes: [1, 1, 1, 1], filter: [1, 1, 1, {terms}], padding: SAME, dtype: {dtype}}}"
        ((case,), _) = load_text(tmp_path, case_file(line))
        assert case.data == (DataKind.WITNESS, DataKind.NORMAL, *([DataKind.POSITIVE] if long else []))
    ((said,), _) = load_text(tmp_path, case_file(line.replace("padding", "data: [normal], padding")))
    assert said.data == (DataKind.NORMAL,)


def test_a_type_runs_the_kinds_it_can_hold_once_each_in_the_order_of_the_file(tmp_path: Path) -> None:
    line = entry("data: [wide, witness, wrap, wide, special], dtype: [half, int32]")
    found, _ = load_text(tmp_path, case_file(line))
    assert [case.data for case in found] == [
        (DataKind.WIDE, DataKind.WITNESS, DataKind.SPECIAL), (DataKind.WITNESS, DataKind.WRAP),
    ]  # fmt: skip
