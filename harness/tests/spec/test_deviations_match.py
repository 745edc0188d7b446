"""Which versions and cases an entry of known deviations speaks of, and what it explains."""

from pathlib import Path
from typing import Any, Final

import pytest

from harness.spec.case import Case
from harness.spec.deviations import Fault, KnownDeviation, check_deviations, read_deviations
from harness.tests.known_deviations import REASON, entries
from harness.tests.strategies import make_case

NCHW: Final = {"input_sizes": [2, 2, 5, 6], "data_format": "NCHW", "strides": [1, 1, 2, 1]}


def one(folder: Path, match: str, more: str = "") -> KnownDeviation:
    (found,) = entries(folder, f"- {{match: {match}, verdict: refuses, {REASON}{', ' if more else ''}{more}}}")
    return found


def case(name: str = "grid[strides:2]", **values: Any) -> Case:
    return make_case(name, **{"input_sizes": [2, 5, 6, 2], "filter": [2, 3, 2, 4]} | values)


def test_every_pattern_of_a_list_must_match_by_itself(tmp_path: Path) -> None:
    """One entry, one reason, as many known deviations as patterns, all of one place."""
    text = f"- {{match: a, verdict: refuses, {REASON}}}\n- {{match: ['*grid*', 'x*', '*'], verdict: refuses, {REASON}}}"
    found = entries(tmp_path, text)
    assert [known.match for known in found] == ["a", "*grid*", "x*", "*"]
    assert [known.matches(case()) for known in found] == [False, True, False, True]
    assert {known.place for known in found[1:]} == {"known_deviations/tf.yaml:2"}
    assert {id(known.entry) for known in found[1:]} == {id(found[1].entry)}


@pytest.mark.parametrize(
    ("range_", "version", "applies"),
    [
        ("'>=2.16,<2.22'", "2.21.0", True), ("'>=2.16,<2.22'", "2.22.0", False), ("'>=2.16,<2.22'", "2.15.1", False),
        ("'==2.21.*'", "2.21.3", True), ("'>2.21'", "2.22.0rc1", True), ("'<2.22'", "2.23.0.dev20260101", False),
        ("''", "2.21.0", True), ("~", "2.21.0", True),
    ],
)  # fmt: skip
def test_an_entry_applies_to_a_range_of_versions(
    range_: str,
    version: str,
    *,
    applies: bool,
    tmp_path: Path,
) -> None:
    text = (
        f"- {{match: a, verdict: refuses, {REASON}, tensorflow: {range_}}}\n- {{match: b, verdict: refuses, {REASON}}}"
    )
    found = entries(tmp_path, text, version)
    assert [known.match for known in found] == (["a", "b"] if applies else ["b"])
    assert found[-1].place == "known_deviations/tf.yaml:2"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("file.yaml::grid[strides:2]", True), ("*", True), ("file.yaml::*", True), ("*strides:2*", True),
        ("file.yaml::grid[*]", True), ("*::grid[strides:?]", False), ("file?yaml::*", False), ("grid*", False),
        ("file.yaml::grid", False), ("file.yaml::grid[strides:2", False), ("f*e.y*l::*d[*2]", True), (".*", False),
        ("file.yaml::grid.strides:2.", False), ("**", True), ("file.yaml::grid[strides:2]*", True),
    ],
)  # fmt: skip
def test_in_a_pattern_only_the_star_is_special(pattern: str, tmp_path: Path, *, matches: bool) -> None:
    assert one(tmp_path, f"'{pattern}'").matches(case()) is matches


@pytest.mark.parametrize(
    ("condition", "values", "matches"),
    [
        ("{strides: 2}", {"strides": 2}, True), ("{strides: 2}", {"strides": [2, 1]}, False),
        ("{strides: [2, 1]}", {"strides": [2, 1]}, True), ("{strides: [1, 2, 1, 1]}", {"strides": [2, 1]}, True),
        ("{strides: [[2, 1], 3]}", {"strides": 3}, True), ("{strides: [[2, 1], [1, 2]]}", {"strides": [1, 2]}, True),
        ("{strides: [[2, 1], 3]}", {"strides": 2}, False), ("{strides: [1, 2]}", {"strides": 1}, False),
        ("{dilations: 2}", {"dilations": 2}, True), ("{filter: [2, 3, 2, 4]}", {}, True),
        ("{filter: [[1, 1, 1, 1], [2, 3, 2, 4]]}", {}, True), ("{filter: [2, 3, 2, 5]}", {}, False),
        ("{input_sizes: [2, 5, 6, 2]}", {}, True), ("{out_backprop: [2, 4, 4, 4]}", {}, True),
        ("{padding: VALID}", {}, True), ("{padding: [SAME, VALID]}", {}, True), ("{padding: SAME}", {}, False),
        ("{padding: EXPLICIT, explicit_paddings: [0, 0, 1, 0, 0, 0, 0, 0]}", {"padding": [[1, 0], [0, 0]]}, True),
        ("{explicit_paddings: [0, 0, 1, 0, 0, 0, 0, 0]}", {}, False),
        ("{id: '*grid[[]*'}", {}, False), ("{id: '*grid[*'}", {}, True), ("{id: '*grid'}", {}, False),
        ("{id: '*grid*', dtype: half}", {"dtype": "half"}, True), ("{id: '*grid*', dtype: half}", {}, False),
        ("{dtype: half}", {"dtype": "half"}, True), ("{dtype: float16}", {"dtype": "half"}, True),
        ("{dtype: [int32, float16]}", {"dtype": "half"}, True), ("{dtype: [int32]}", {"dtype": "half"}, False),
        ("{data_format: NHWC}", {}, True), ("{data_format: NCHW}", {}, False),
        ("{expect: conforms}", {}, True), ("{expect: rejects}", {}, False), ("{expect: [rejects, conforms]}", {}, True),
        ("{dilated: true}", {"dilations": [1, 2]}, True), ("{dilated: true}", {"dilations": [2, 1]}, True),
        ("{dilated: true}", {}, False), ("{dilated: false}", {}, True),
        ("{grouped: true}", {"input_sizes": [1, 5, 5, 4]}, True), ("{grouped: true}", {}, False),
        ("{empty: true}", {"input_sizes": [0, 5, 5, 2]}, True), ("{empty: true}", {"filter": [2, 2, 2, 0]}, True),
        ("{empty: true}", {"filter": [6, 2, 2, 1]}, True), ("{empty: true}", {}, False), ("{empty: false}", {}, True),
        ("{no_input_channels: true}", {"input_sizes": [1, 5, 5, 0], "filter": [2, 2, 0, 3]}, True),
        ("{no_input_channels: true}", {"filter": [2, 2, 2, 0]}, False),
        ("{strides: 2, dtype: half}", {"strides": 2, "dtype": "half"}, True),
        ("{strides: 2, dtype: half}", {"strides": 2}, False), ("{strides: 2, dtype: half}", {"dtype": "half"}, False),
        ("{strides: [1, 1, 2, 1]}", NCHW, True), ("{strides: [2, 1]}", NCHW, True), ("{strides: [1, 2]}", NCHW, False),
    ],
)  # fmt: skip
def test_conditions_hold_for_what_they_say(
    condition: str,
    values: dict[str, Any],
    *,
    matches: bool,
    tmp_path: Path,
) -> None:
    assert one(tmp_path, condition).matches(case(**values)) is matches


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ("{strides: [1, 0, 0]}", True), ("{strides: [[1, 0, 0], [2, 2]]}", True), ("{strides: [1, 0]}", False),
        ("{strides: 1}", False), ("{filter: []}", True), ("{filter: [1]}", False), ("{dilated: false}", True),
        ("{grouped: false}", True), ("{empty: true}", True), ("{expect: rejects}", True), ("{dtype: uint8}", True),
        ("{explicit_paddings: [1]}", True), ("{explicit_paddings: []}", False), ("{padding: FULL}", True),
    ],
)  # fmt: skip
def test_conditions_hold_for_calls_taken_literally(condition: str, tmp_path: Path, *, matches: bool) -> None:
    literal = make_case(
        input_sizes=[1, 2], filter=[], out_backprop=[0], strides=[1, 0, 0], dilations=[1, 2, 2, 1], padding="FULL",
        explicit_paddings=[1], dtype="uint8", expect="rejects",
    )  # fmt: skip
    assert one(tmp_path, condition).matches(literal) is matches


def test_a_form_that_fits_no_alternative_does_not_hide_the_next(tmp_path: Path) -> None:
    assert one(tmp_path, "{strides: [[1, 2, 3], 2]}").matches(case(strides=2))


@pytest.mark.parametrize(
    "condition",
    ["{padding: [[1, 0], [0, 0]]}", "{strides: ~}", "{strides: 1.5}", "{explicit_paddings: 3}", "{dtype: {a: b}}"],
)
def test_a_condition_of_the_wrong_form_raises_nothing(condition: str, tmp_path: Path) -> None:
    file = tmp_path / "known_deviations" / "tf.yaml"
    file.parent.mkdir()
    file.write_text(f"- {{match: {condition}, verdict: refuses, {REASON}}}")
    if not check_deviations(file.parent):
        (found,) = read_deviations(file)
        assert not found.matches(case())


def test_patterns_among_the_conditions_may_be_alternatives(tmp_path: Path) -> None:
    found = entries(tmp_path, f"- {{match: {{id: ['x*', '*grid*'], dtype: half}}, verdict: refuses, {REASON}}}")
    assert [known.matches(case(dtype="half")) for known in found] == [False, True]


@pytest.mark.parametrize(
    ("verdict", "error", "explained"),
    [
        ("refuses", ("InvalidArgumentError", "only supports NHWC here"), True),
        ("refuses", ("InvalidArgumentError", "supports"), False),
        ("refuses", ("ValueError", "only supports NHWC"), False),
        ("refuses", None, False), ("deviates", ("InvalidArgumentError", "only supports NHWC"), False),
        ("refuses", ("InvalidArgumentErrors", "only supports NHWC"), False),
    ],
)  # fmt: skip
def test_an_error_is_explained_by_its_class_and_a_part_of_its_message(
    verdict: str,
    error: tuple[str, str] | None,
    *,
    explained: bool,
    tmp_path: Path,
) -> None:
    known = one(tmp_path, "'*'", "error: {class: InvalidArgumentError, message: only supports NHWC}")
    assert known.explains(verdict, error) is explained


def test_a_class_alone_explains_every_message(tmp_path: Path) -> None:
    known = one(tmp_path, "'*'", "error: {class: InvalidArgumentError}")
    assert known.explains("refuses", ("InvalidArgumentError", ""))
    assert not known.explains("refuses", ("UnimplementedError", ""))


def test_a_verdict_alone_explains_every_error(tmp_path: Path) -> None:
    known = one(tmp_path, "'*'")
    assert known.explains("refuses", None)
    assert known.explains("refuses", ("ValueError", "x"))
    assert not known.explains("crashes", None)


@pytest.mark.parametrize(
    ("wrong", "fault", "explained"),
    [
        ("values: values", Fault("values", 1.0, 1e9), True),
        ("values: values", Fault("non-finite"), False),
        ("values: values", Fault("shape"), False),
        ("values: [values, non-finite]", Fault("non-finite"), True),
        ("values: shape", Fault("shape"), True),
        ("values: shape", Fault("values"), False),
        ("values: non-finite, where: unreached", Fault("non-finite", unreached=True), True),
        ("values: non-finite, where: unreached", Fault("non-finite"), False),
        ("values: values, share: 0.25", Fault("values", 0.25), True),
        ("values: values, share: 0.25", Fault("values", 0.26), False),
        ("values: values, margin: 1.5", Fault("values", 0.01, 1.5), True),
        ("values: values, margin: 1.5", Fault("values", 0.01, 1.6), False),
    ],
)
def test_what_is_wrong_otherwise_elsewhere_or_farther_off_is_not_excused(
    wrong: str, fault: Fault, *, explained: bool, tmp_path: Path
) -> None:
    (known,) = entries(tmp_path, f"- {{match: '*', verdict: deviates, wrong: {{{wrong}}}, {REASON}}}")
    assert known.explains("deviates", None, [fault]) is explained
    assert known.explains("deviates", None, [fault, Fault("shape", 2.0)]) is False
    assert known.explains("deviates", None), "of a recording nobody knows how far"
