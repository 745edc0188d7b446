"""Lists and matrices multiplied out: labels, layouts, exclusions, kinds of data, and what a case takes from where."""

from pathlib import Path
from typing import Any

import pytest

from harness.spec import expand
from harness.spec.case import DataKind, Expect, Profile, kinds_of
from harness.spec.expand import AXES, MOST_CASES, label
from harness.spec.schema import DTYPES, Matrix
from harness.tests.strategies import case_file, load_text, names

SIZES = "input_sizes: [1, 4, 5, 2], filter: [2, 2, 2, 3]"


def entry(more: str = "", name: str = "a", padding: str = ", padding: SAME") -> str:
    return f"- {{id: {name}, {SIZES}{padding}{', ' if more else ''}{more}}}"


def expanded(folder: Path, *entries: str, defaults: str = "") -> list[str]:
    """Names of the cases of a file that is right."""
    found, problems = load_text(folder, case_file(*entries, defaults=defaults))
    assert problems == []
    return names(found)


def wrong(folder: Path, *entries: str) -> list[str]:
    """Problems of a file without their columns: `line: message`."""
    found, problems = load_text(folder, case_file(*entries))
    assert found == []
    return [f"{problem.split(':')[0]}:{problem.split(':', 2)[2]}" for problem in problems]


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


def test_null_says_nothing(tmp_path: Path) -> None:
    ((case,), _) = load_text(
        tmp_path, case_file(entry("strides: ~, dtype: ~, covers: ~, tags: ~, data: ~, profile: ~"))
    )
    assert case.attributes.dtype == "float32"
    ((case,), _) = load_text(tmp_path, case_file(entry("strides: ~"), defaults="{strides: 3}"))
    assert case.attributes.strides == (1, 3, 3, 1)


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


# Layouts.


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


# Exclusions.


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


# What cannot be multiplied out.


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


def test_equal_meanings_may_have_two_spellings(tmp_path: Path) -> None:
    assert expanded(tmp_path, entry("matrix: {strides: [1, [1, 1]]}")) == ["a[strides:1]", "a[strides:1x1]"]


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


def test_an_exclusion_does_not_move_a_mistake_of_the_matrix(tmp_path: Path) -> None:
    line = entry("dtype: [half, x], matrix: {strides: [1, [1]]}, exclude: [{strides: 1, dtype: half}]")
    _, problems = load_text(tmp_path, case_file(line))
    assert f"3:{line.index('[1, [1]]') + 1}: a: C11: strides takes an integer, two or four of them, not 1" in [
        problem.split(" (in")[0] for problem in problems
    ]
    assert any("'x' is not one of" in problem for problem in problems)


# Kinds of data.


@pytest.mark.parametrize("dtype", DTYPES)
def test_kinds_that_a_type_has(dtype: str, tmp_path: Path) -> None:
    ((case,), _) = load_text(tmp_path, case_file(entry(f"dtype: {dtype}")))
    second = DataKind.WRAP if dtype == "int32" else DataKind.NORMAL
    assert case.data == (DataKind.WITNESS, second)
    assert set(case.data) <= kinds_of(dtype)
    assert (DataKind.WRAP in kinds_of(dtype)) == (dtype == "int32")
    assert (DataKind.WIDE in kinds_of(dtype)) == (dtype != "int32")
    assert DataKind.WITNESS in kinds_of(dtype)


def test_a_type_runs_the_kinds_it_can_hold_once_each_in_the_order_of_the_file(tmp_path: Path) -> None:
    line = entry("data: [wide, witness, wrap, wide, special], dtype: [half, int32]")
    found, _ = load_text(tmp_path, case_file(line))
    assert [case.data for case in found] == [
        (DataKind.WIDE, DataKind.WITNESS, DataKind.SPECIAL), (DataKind.WITNESS, DataKind.WRAP),
    ]  # fmt: skip


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


# Cases that expect a rejection.


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
