"""Cases that expect a rejection: taken literally, and multiplied out all the same."""

from pathlib import Path

import pytest

from harness.spec.case import DataKind, Expect
from harness.tests.cases import case_file, expanded, load_text, wrong


def rejected(more: str = "", strides: str = "strides: [1, 1, 1, 1]") -> str:
    return (
        "- {id: a, input_sizes: [1, 4], filter: [], out_backprop: [0, 7], padding: FULL, expect: rejects, "
        f"{strides}{', ' if more else ''}{more}}}"
    )


def test_a_rejection_is_taken_literally(tmp_path: Path) -> None:
    ((case,), problems) = load_text(tmp_path, case_file(rejected("explicit_paddings: [1, 2]")))
    assert problems == []
    call = case.attributes
    assert (call.input_sizes, call.filter, call.out_backprop) == ((1, 4), (), (0, 7))
    assert (call.strides, call.dilations, call.padding) == ((1, 1, 1, 1), (1, 1, 1, 1), "FULL")
    assert (call.explicit_paddings, call.data_format, call.dtype) == ((1, 2), "NHWC", "float32")
    assert (case.geometry, case.expect, case.data) == (None, Expect.REJECTS, (DataKind.NORMAL,))


def test_a_rejection_may_say_a_list_of_any_length(tmp_path: Path) -> None:
    ((case,), problems) = load_text(
        tmp_path, case_file(rejected(strides="strides: [], dilations: [1, 2, 3, 4, 5, -6]"))
    )
    assert problems == []
    assert (case.attributes.strides, case.attributes.dilations) == ((), (1, 2, 3, 4, 5, -6))


def test_a_rejection_may_be_multiplied_out(tmp_path: Path) -> None:
    line = rejected("dtype: [half, uint8], matrix: {strides: [[1], [0, 0]]}", strides="tags: [x]")
    assert expanded(tmp_path, line) == [
        "a[strides:1-half]",
        "a[strides:1-uint8]",
        "a[strides:0x0-half]",
        "a[strides:0x0-uint8]",
    ]


def test_a_rejection_may_leave_out_a_combination_of_any_length(tmp_path: Path) -> None:
    line = rejected(
        "dtype: [half, int32], matrix: {strides: [[1, 1, 1], [1]]}, exclude: [{strides: [1], dtype: half}]", "tags: [x]"
    )
    assert expanded(tmp_path, line) == ["a[strides:1x1x1-half]", "a[strides:1x1x1-int32]", "a[strides:1-int32]"]


def test_a_rejection_names_one_layout(tmp_path: Path) -> None:
    assert wrong(tmp_path, rejected("data_format: [NHWC, NCHW]")) == [
        "3: a: a case that expects a rejection names one data_format"
    ]
    assert expanded(tmp_path, rejected("data_format: [NCHW]")) == ["a[NCHW]"]
    ((case,), _) = load_text(tmp_path, case_file(rejected("data_format: CWHN")))
    assert case.attributes.data_format == "CWHN"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (rejected(strides="strides: 1"), "strides"), (rejected("dilations: 1"), "dilations"),
        (rejected().replace("FULL", "[[0, 0], [0, 0]]"), "padding"),
    ],
)  # fmt: skip
def test_a_rejection_has_no_short_forms(line: str, key: str, tmp_path: Path) -> None:
    assert wrong(tmp_path, line) == [
        f"3: a: a case that expects a rejection is taken literally: write {key} as TensorFlow is to get it"
    ]


@pytest.mark.parametrize("key", ["input_sizes: [1, 4], ", "filter: [], ", "out_backprop: [0, 7], "])
def test_a_rejection_says_its_shapes(key: str, tmp_path: Path) -> None:
    name = key.partition(":")[0]
    assert wrong(tmp_path, rejected().replace(key, "")) == [
        f"3: a: a case that expects a rejection is taken literally: it needs {name}"
    ]


def test_a_rejection_says_its_padding(tmp_path: Path) -> None:
    _, problems = load_text(tmp_path, case_file(rejected().replace("padding: FULL, ", "")))
    assert len(problems) == 1
    assert "padding" in problems[0]
