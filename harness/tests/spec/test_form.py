"""One mistake hides no other of the same case, and none is said twice."""

from pathlib import Path

import pytest

from harness.tests.cases import SIZES, case_file, entry, load_text

NEEDED = "a: padding is missing: one of SAME, VALID, EXPLICIT or [[top, bottom], [left, right]]"
TOGETHER = "a: profile: rtol and atol come together, and with a reason"


def said(folder: Path, line: str, defaults: str = "") -> list[str]:
    """What is said of a file with one case, without the places, in alphabetical order."""
    found, problems = load_text(folder, case_file(line, defaults=defaults))
    assert found == []
    return sorted(problem.partition(": ")[2] for problem in problems)


@pytest.mark.parametrize(
    ("line", "messages"),
    [
        ("- {id: a, filtr: [3, 3, 2, 3], input_sizes: [1, 5, 5, 2], padding: valid}",
         ["a: padding: 'valid' is not one of SAME, VALID, EXPLICIT; did you mean 'VALID'?",
          "unknown key 'filtr'; did you mean 'filter'?"]),
        (entry("tolerances: 1, out_backprop: [1, 4, 5, 4], profile: {rtol: 0.1}"),
         ["a: C3: out_backprop [1, 4, 5, 4] must be [1, 4, 5, 3]", TOGETHER, "unknown key 'tolerances'"]),
        (entry("tolerances: 1, strides: [0, 1], data: [wrap]"),
         ["a: C11: stride 0 and dilation 1 along the height must be positive",
          ("a: data: float32 has none of wrap; it has "
           "cancel, huge, normal, opposed, positive, special, tiny, wide, witness, zeros"),
          "unknown key 'tolerances'"]),
        (entry("strides: 2, matrix: {dilation: [2], strides: [1]}, exclude: [{strides: 7}]"),
         ["a: exclude: entry 1 matches no combination", "a: strides is given twice: in the case and in its matrix",
          "unknown key 'dilation'; did you mean 'dilations'?"]),
        (entry("strides: [1, 1, 1]", name="'a b'"),
         ["'a b': only letters, digits, '.', '_' and '-' are used here",
          "C11: strides takes an integer, two or four of them, not 3"]),
        (entry("strides: [1], strides: [1]"),
         ["a: C11: strides takes an integer, two or four of them, not 1", "duplicate key 'strides'"]),
        (f"- {{id: a, {SIZES}, padding: VALID, out_backprop: [1], dtype: x}}",
         ["a: C3: out_backprop [1] must be [1, 3, 4, 3]",
          "a: dtype: 'x' is not one of half, bfloat16, float32, float64, int32"]),
        (entry("matrix: {strides: [2]}, exclude: [{pading: SAME}, {strides: 7}]"),
         ["a: exclude: entry 2 matches no combination", "unknown key 'pading'; did you mean 'padding'?"]),
        (f"- {{id: a, {SIZES}, xyzzy: 1}}", [NEEDED, "unknown key 'xyzzy'"]),
    ],
)  # fmt: skip
def test_a_mistake_of_a_case_hides_no_other(line: str, messages: list[str], tmp_path: Path) -> None:
    assert said(tmp_path, line) == messages


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (entry("stride: 2, out_backprop: [1, 2, 3, 3]"), "unknown key 'stride'; did you mean 'strides'?"),
        (f"- {{id: a, {SIZES}, pading: SAME}}", "unknown key 'pading'; did you mean 'padding'?"),
        (f"- {{id: a, {SIZES}, matrx: {{padding: [SAME]}}}}", "unknown key 'matrx'; did you mean 'matrix'?"),
        (f"- {{id: a, {SIZES}, matrix: {{pading: [SAME]}}}}", "unknown key 'pading'; did you mean 'padding'?"),
        (entry("expects: rejects, strides: 0"), "unknown key 'expects'; did you mean 'expect'?"),
        (entry("profile: {rtol: 0.1, atoll: 0.1, reason: as I say so}"), "unknown key 'atoll'; did you mean 'atol'?"),
        (entry("matrix: {strides: [1, -1]}, exclude: [{stride: -1}]"), "unknown key 'stride'; did you mean 'strides'?"),
        (entry("matrix: {dilation: [1, 2]}, exclude: [{dilations: 2}]"),
         "unknown key 'dilation'; did you mean 'dilations'?"),
        (entry("explicit_padding: [0, 0, 1, 1, 1, 1, 0, 0]", padding=", padding: EXPLICIT"),
         "unknown key 'explicit_padding'; did you mean 'explicit_paddings'?"),
        (entry("data_format: NCWH, strides: [1, 1, 2, 2]"),
         "a: data_format: 'NCWH' is not one of NHWC, NCHW; did you mean 'NCHW'?"),
        ("- {<<: {padding: SAME}, id: a}", "unknown key '<<'"),
    ],
)  # fmt: skip
def test_what_follows_from_a_mistake_is_not_said(line: str, message: str, tmp_path: Path) -> None:
    assert said(tmp_path, line) == [message]


@pytest.mark.parametrize("defaults", ["null", "5"])
def test_defaults_that_are_none_leave_what_the_case_says_to_judge(defaults: str, tmp_path: Path) -> None:
    line = "- {id: a, filter: [2, 2, 2]}"
    assert said(tmp_path, line, defaults) == [
        f"a mapping is needed here, not {defaults}",
        "a: filter takes 4 extents, not 3",
    ]


def test_a_null_in_the_defaults_is_a_mistake(tmp_path: Path) -> None:
    said_of = said(tmp_path, entry(padding=""), "{padding: ~}")
    assert said_of == ["padding: null is no value; leave the key out for its default"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        *((f"{key}: {null}", f"{key}: null is no value; leave the key out for its default")
          for key in ("dtype", "strides", "matrix", "tags", "covers", "data", "profile") for null in ("null", "~")),
        ("profile: {rtol: null}", "rtol: null is no value; leave the key out for its default"),
        ("matrix: {strides: [1], dilations: ~}", "dilations: null is no value; leave the key out for its default"),
        ("expect: null", "null is not one of 'conforms' or 'rejects'"),
    ],
)  # fmt: skip
def test_a_null_is_a_mistake(more: str, message: str, tmp_path: Path) -> None:
    assert said(tmp_path, entry(more)) == [message]


def test_an_id_that_is_null_is_a_mistake(tmp_path: Path) -> None:
    assert said(tmp_path, entry(name="null")) == ["id: input should be a valid string, not null"]
