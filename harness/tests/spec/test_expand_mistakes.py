"""What cannot be multiplied out, and where that is said."""

from pathlib import Path

import pytest

from harness.spec import expand
from harness.spec.expand import MOST_CASES
from harness.tests.cases import case_file, entry, expanded, load_text, wrong


def test_a_key_in_the_case_and_in_its_matrix_is_given_twice(tmp_path: Path) -> None:
    assert wrong(tmp_path, entry("strides: 1, matrix: {strides: [1], padding: [SAME]}")) == [
        "3: a: padding is given twice: in the case and in its matrix",
        "3: a: strides is given twice: in the case and in its matrix",
    ]
    assert wrong(tmp_path, entry("dtype: [half], matrix: {dtype: [half]}")) == [
        "3: a: dtype is given twice: in the case and in its matrix"
    ]


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ("matrix: {strides: [1, 1]}", "a[strides:1]"), ("dtype: [half, float16]", "a[half]"),
        ("matrix: {strides: [1, 2, 1]}", "a[strides:1]"),
    ],
)  # fmt: skip
def test_two_combinations_of_one_name_are_a_mistake(more: str, name: str, tmp_path: Path) -> None:
    assert wrong(tmp_path, entry(more)) == [f"3: a: two combinations are both called {name!r}"]


def test_more_combinations_than_allowed_are_a_mistake(tmp_path: Path) -> None:
    values = ", ".join(map(str, range(1, 202)))
    line = entry(f"matrix: {{strides: [{values}], dilations: [{values}]}}")
    assert wrong(tmp_path, line) == [f"3: a: 40,401 combinations; the most is {MOST_CASES:,}"]


def test_as_many_combinations_as_allowed_are_no_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expand, "MOST_CASES", 4)
    assert len(expanded(tmp_path, entry("matrix: {strides: [1, 2], dilations: [1, 2]}"))) == 4
    assert wrong(tmp_path, entry("matrix: {strides: [1, 2, 3, 4, 5]}")) == ["3: a: 5 combinations; the most is 4"]


def test_a_mistake_of_several_combinations_is_said_once_with_their_number(tmp_path: Path) -> None:
    line = (
        "- {id: a, input_sizes: [1, 4, 5, 2], padding: VALID, dtype: [half, int32], "
        "matrix: {filter: [[2, 2, 2, 3], [9, 2, 2, 3]], strides: [1, 2, 3]}}"
    )
    found, problems = load_text(tmp_path, case_file(line))
    assert found == []
    assert [problem.split("would")[1] for problem in problems] == [
        f" have -{positions} positions (in 2 combinations)" for positions in (1, 2, 4)
    ]


def test_a_mistake_in_the_defaults_is_said_there(tmp_path: Path) -> None:
    _, problems = load_text(tmp_path, case_file(entry(), defaults="{strides: [1]}"))
    assert problems == ["2:21: a: C11: strides takes an integer, two or four of them, not 1"]


def test_a_mistake_in_the_matrix_is_said_there(tmp_path: Path) -> None:
    line = entry("matrix: {strides: [1, [1]]}")
    _, problems = load_text(tmp_path, case_file(line))
    assert problems == [f"3:{line.index('[1, [1]]') + 1}: a: C11: strides takes an integer, two or four of them, not 1"]


def test_a_type_without_any_of_the_kinds_is_a_mistake(tmp_path: Path) -> None:
    assert wrong(tmp_path, entry("data: [wide, normal], dtype: [half, int32]")) == [
        "3: a: data: int32 has none of wide, normal; it has witness, wrap"
    ]


def test_a_mistake_in_the_data_does_not_hide_others(tmp_path: Path) -> None:
    line = entry("data: [wide], dtype: [int32, x], matrix: {strides: [1]}, exclude: [{strides: 7}]")
    said = wrong(tmp_path, line)
    assert "3: a: data: int32 has none of wide; it has witness, wrap" in said
    assert any("'x' is not one of" in problem for problem in said)
    assert "3: a: exclude: entry 1 matches no combination" in said
