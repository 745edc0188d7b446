"""Combinations that are left out."""

from pathlib import Path

import pytest

from harness.tests.cases import case_file, entry, expanded, load_text, wrong


def test_a_combination_is_left_out(tmp_path: Path) -> None:
    matrix = "matrix: {strides: [1, 2], dilations: [1, 2]}"
    assert expanded(tmp_path, entry(f"{matrix}, exclude: [{{strides: 2, dilations: 2}}]")) == [
        "a[strides:1-dilations:1]", "a[strides:1-dilations:2]", "a[strides:2-dilations:1]",
    ]  # fmt: skip
    assert expanded(tmp_path, entry(f"{matrix}, exclude: [{{strides: 2}}]")) == [
        "a[strides:1-dilations:1]", "a[strides:1-dilations:2]",
    ]  # fmt: skip
    assert expanded(tmp_path, entry(f"{matrix}, exclude: [{{strides: 2}}, {{dilations: 1}}]")) == [
        "a[strides:1-dilations:2]"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "exclusion",
    [
        "strides: [2, 2]",
        "strides: [1, 2, 2, 1]",
        "strides: 2",
        "dtype: float16",
        "dtype: half",
        "padding: [[1, 0], [0, 0]]",
    ],
)
def test_an_exclusion_is_held_against_meanings_and_not_spellings(exclusion: str, tmp_path: Path) -> None:
    line = entry(
        "matrix: {strides: [1, [2, 2]], padding: [SAME, [[1, 0], [0, 0]]], dtype: [half, float32]}, "
        f"exclude: [{{{exclusion}}}]",
        padding="",
    )
    assert len(expanded(tmp_path, line)) == 4


def test_an_exclusion_may_name_a_type_or_layout_listed_beside_the_matrix(tmp_path: Path) -> None:
    line = entry("dtype: [half, int32], data_format: [NHWC, NCHW], exclude: [{dtype: half, data_format: NCHW}]")
    assert expanded(tmp_path, line) == ["a[NHWC-half]", "a[NHWC-int32]", "a[NCHW-int32]"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("exclude: [{strides: 1}]", "exclude names strides, which is not multiplied out"),
        ("matrix: {strides: [1]}, exclude: [{padding: SAME, dtype: half}]",
         "exclude names dtype, padding, which is not multiplied out"),
        ("matrix: {strides: [1, 2]}, exclude: [{strides: 3}]", "exclude: entry 1 matches no combination"),
        ("matrix: {strides: [1, 2]}, exclude: [{strides: 1}, {strides: [1, 2]}]",
         "exclude: entry 2 matches no combination"),
        ("matrix: {strides: [1, 2], dilations: [1, 2]}, exclude: [{strides: 1, dilations: 3}]",
         "exclude: entry 1 matches no combination"),
    ],
)  # fmt: skip
def test_an_exclusion_that_leaves_nothing_out_is_a_mistake(more: str, message: str, tmp_path: Path) -> None:
    assert wrong(tmp_path, entry(more)) == [f"3: a: {message}"]


def test_an_exclusion_covered_by_another_is_not_dead(tmp_path: Path) -> None:
    line = entry("matrix: {strides: [1, 2], dilations: [1, 2]}, exclude: [{strides: 2}, {strides: 2, dilations: 1}]")
    assert len(expanded(tmp_path, line)) == 2


def test_excluded_combinations_may_be_impossible(tmp_path: Path) -> None:
    line = (
        "- {id: a, input_sizes: [1, 4, 5, 2], padding: VALID, matrix: {filter: [[2, 2, 2, 3], [9, 9, 2, 3]]}, "
        "exclude: [{filter: [9, 9, 2, 3]}]}"
    )
    assert expanded(tmp_path, line) == ["a[filter:2x2x2x3]"]


def test_an_entry_of_which_nothing_is_left_is_a_mistake(tmp_path: Path) -> None:
    line = entry("matrix: {strides: [1, 2]}, exclude: [{strides: 1}, {strides: 2}]")
    found, problems = load_text(tmp_path, case_file(line))
    assert found == []
    assert len(problems) == 1


def test_an_exclusion_does_not_move_a_mistake_of_the_matrix(tmp_path: Path) -> None:
    line = entry("dtype: [half, x], matrix: {strides: [1, [1]]}, exclude: [{strides: 1, dtype: half}]")
    _, problems = load_text(tmp_path, case_file(line))
    assert f"3:{line.index('[1, [1]]') + 1}: a: C11: strides takes an integer, two or four of them, not 1" in [
        problem.split(" (in")[0] for problem in problems
    ]
    assert any("'x' is not one of" in problem for problem in problems)
