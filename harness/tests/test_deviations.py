"""Known deviations: what an entry may say, which cases it speaks of, and what it explains."""

from pathlib import Path
from typing import Any, Final

import pytest

from harness.errors import InvalidInputError, Problem
from harness.spec.case import Case
from harness.spec.deviations import CONDITIONS, KnownDeviation, check_deviations, read_deviations
from harness.tests.strategies import make_case

ROOT: Final = Path(__file__).parents[2]
SHIPPED: Final = sorted((ROOT / "cases" / "known_deviations").glob("*.yaml"))
NCHW: Final = {"input_sizes": [2, 2, 5, 6], "data_format": "NCHW", "strides": [1, 1, 2, 1]}
REASON: Final = "reason: a reason long enough to be one"


def entries(folder: Path, text: str, version: str = "2.21.0") -> list[KnownDeviation]:
    """Entries of a file with this text."""
    file = folder / "known_deviations" / "tf.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return read_deviations(file, version)


def one(folder: Path, match: str, more: str = "") -> KnownDeviation:
    (found,) = entries(folder, f"- {{match: {match}, verdict: refuses, {REASON}{', ' if more else ''}{more}}}")
    return found


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(InvalidInputError) as raised:
        entries(folder, text)
    return [line.removeprefix("known_deviations/tf.yaml:") for line in raised.value.lines]


def case(name: str = "grid[strides:2]", **values: Any) -> Case:
    return make_case(name, **{"input_sizes": [2, 5, 6, 2], "filter": [2, 3, 2, 4]} | values)


def test_an_entry_is_read_whole(tmp_path: Path) -> None:
    text = f"""\
# a comment
- match: 'x.yaml::a*'
  verdict: crashes
  error: {{class: InvalidArgumentError, message: only supports NHWC}}
  {REASON}
  link: https://example.org/1
  tensorflow: '>=2.16,<2.22'
  intermittent: true
- {{match: {{dilated: true}}, verdict: times_out, {REASON}}}
"""
    first, second = entries(tmp_path, text)
    assert (first.match, first.entry.verdict, first.entry.intermittent) == ("x.yaml::a*", "crashes", True)
    assert first.entry.error is not None
    assert (first.entry.error.class_, first.entry.error.message) == ("InvalidArgumentError", "only supports NHWC")
    assert first.entry.tensorflow == ">=2.16,<2.22"
    assert first.shown() == {
        "place": "known_deviations/tf.yaml:2", "reason": "a reason long enough to be one", "link": "https://example.org/1",
    }  # fmt: skip
    assert second.shown()["place"] == "known_deviations/tf.yaml:9"
    assert (second.match, second.entry.intermittent, second.entry.error) == ({"dilated": True}, False, None)


def test_where_there_is_no_file_there_are_no_entries(tmp_path: Path) -> None:
    assert read_deviations(tmp_path / "none.yaml", "2.21.0") == []
    assert entries(tmp_path, "[]") == []


@pytest.mark.parametrize(
    ("more", "word", "message"),
    [
        ("verdict: refuses", "verdict: refuses}", "duplicate key 'verdict'"),
        ("linc: x", "linc", "unknown key 'linc'; did you mean 'link'?"),
        ("links: x", "links", "unknown key 'links'; did you mean 'link'?"),
        ("tensorflow: new", "new}", "tensorflow: a version range looks like '>=2.16,<2.22', not 'new'"),
        ("tensorflow: 2.21", "2.21", "tensorflow: input should be a valid string, not 2.21"),
        ("intermittent: 1", "1}", "intermittent: input should be a valid boolean, not 1"),
        ("error: {message: x}", "{message", "missing key 'class'"),
        ("error: {class: ''}", "''", "class: string should have at least 1 character, not ''"),
        ("error: x", "x}", "a mapping is needed here, not 'x'"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_at_its_place(more: str, word: str, message: str, tmp_path: Path) -> None:
    line = f"- {{match: a, verdict: refuses, {REASON}, {more}}}"
    assert problems(tmp_path, line) == [f"1:{line.index(word) + 1}: {message}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 5", "1:3: a mapping is needed here, not 5"),
        ("", "1:1: the file is empty"),
        (f"- {{match: a, verdict: refuse, {REASON}}}",
         "1:23: 'refuse' is not one of 'deviates', 'refuses', 'crashes' or 'times_out'; did you mean 'refuses'?"),
        (f"- {{match: a, verdict: conforms, {REASON}}}",
         "1:23: 'conforms' is not one of 'deviates', 'refuses', 'crashes' or 'times_out'"),
        (f"- {{verdict: refuses, {REASON}}}", "1:3: missing key 'match'"),
        (f"- {{match: a, {REASON}}}", "1:3: missing key 'verdict'"),
        ("- {match: a, verdict: refuses}", "1:3: missing key 'reason'"),
        ("- {match: a, verdict: refuses, reason: because}",
         "1:40: reason: string should have at least 20 characters, not 'because'"),
    ],
)  # fmt: skip
def test_what_an_entry_lacks_is_said(text: str, said: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem == said


def test_a_file_that_is_not_yaml_is_said(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "- a: [}")
    assert problem.startswith("1:7: not YAML: ")


@pytest.mark.parametrize("text", ["{}", "~", "5"])
def test_a_file_that_is_no_list_is_said(text: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("1:1: input should be a valid list")


def test_unknown_keys_of_an_error_are_said_with_the_nearest(tmp_path: Path) -> None:
    text = f"- {{match: a, verdict: refuses, {REASON}, error: {{class: X, mesage: y}}}}"
    assert problems(tmp_path, text) == ["1:90: unknown key 'mesage'; did you mean 'message'?"]


@pytest.mark.parametrize("link", ["http://example.org", "example.org", "https://", "'https://a b'"])
def test_a_link_is_a_link(link: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f"- {{match: a, verdict: refuses, {REASON}, link: {link}}}")
    assert problem.startswith("1:78: ")
    assert "https://" in problem.removeprefix("1:78: ").removeprefix(repr(link.strip("'")))


def test_a_match_of_neither_form_is_one_mistake(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f"- {{match: 5, verdict: refuses, {REASON}}}")
    assert problem.startswith("1:11: match: ")


@pytest.mark.parametrize("match", ["[]", "[1]", "['*', {dtype: half}]", "true"])
def test_a_match_is_a_pattern_a_list_of_them_or_conditions(match: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f"- {{match: {match}, verdict: refuses, {REASON}}}")
    assert problem.startswith("1:11: match: ")
    assert "is not an id pattern, a list of them, or a mapping of conditions" in problem


def test_every_pattern_of_a_list_must_match_by_itself(tmp_path: Path) -> None:
    """One entry, one reason, as many known deviations as patterns, all of one place."""
    text = f"- {{match: a, verdict: refuses, {REASON}}}\n- {{match: ['*grid*', 'x*', '*'], verdict: refuses, {REASON}}}"
    found = entries(tmp_path, text)
    assert [known.match for known in found] == ["a", "*grid*", "x*", "*"]
    assert [known.matches(case()) for known in found] == [False, True, False, True]
    assert {known.place for known in found[1:]} == {"known_deviations/tf.yaml:2"}
    assert {id(known.entry) for known in found[1:]} == {id(found[1].entry)}


def test_a_reason_that_is_proposed_must_be_written_by_a_person(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "- {match: a, verdict: refuses, reason: TODO say why this is as it is}")
    assert problem.startswith("1:40: reason: ")
    assert "a person has to write the reason" in problem


def test_a_condition_that_does_not_exist_is_a_mistake(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f"- {{match: {{strade: 1, zz: 2}}, verdict: refuses, {REASON}}}")
    assert problem.startswith("1:11: match: ")
    assert f"no condition strade, zz; there are {', '.join(CONDITIONS)}" in problem


def test_all_mistakes_are_said_in_order(tmp_path: Path) -> None:
    text = f"- {{match: a, verdict: x, {REASON}, z: 1}}\n- 5\n- {{match: a, verdict: refuses}}\n"
    assert [problem.split(":")[0] for problem in problems(tmp_path, text)] == ["1", "1", "2", "3"]


# Versions.


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


# What an entry matches.


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
        (found,) = read_deviations(file, "2.21.0")
        assert not found.matches(case())


def test_patterns_among_the_conditions_may_be_alternatives(tmp_path: Path) -> None:
    assert one(tmp_path, "{id: ['x*', '*grid*'], dtype: half}").matches(case(dtype="half"))


# What an entry explains.


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


# Folders.


def test_problems_of_a_folder_are_said_all_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "known_deviations"
    folder.mkdir()
    (folder / "b.yaml").write_text("- 5\n- {match: a, verdict: x}")
    (folder / "a.yaml").write_text("- a: [}")
    (folder / "c.yaml").write_text(f"- {{match: a, verdict: refuses, {REASON}}}")
    (folder / "d.txt").write_text("- 5")
    found = check_deviations(folder)
    assert [(problem.file, problem.line) for problem in found] == [
        ("known_deviations/a.yaml", 1), ("known_deviations/b.yaml", 1), ("known_deviations/b.yaml", 2),
        ("known_deviations/b.yaml", 2),
    ]  # fmt: skip
    assert found[1] == Problem("known_deviations/b.yaml", 1, 3, "a mapping is needed here, not 5")


def test_a_folder_without_mistakes_or_none_at_all_has_no_problems(tmp_path: Path) -> None:
    assert check_deviations(tmp_path / "none") == []
    assert check_deviations(ROOT / "cases" / "known_deviations") == []


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "tf.yaml").mkdir()
    (problem,) = check_deviations(tmp_path)
    assert problem.message.startswith("cannot be read: ")


def test_a_file_whose_name_has_a_colon_can_be_checked(tmp_path: Path) -> None:
    (tmp_path / "module:callable.yaml").write_text("- 5")
    (problem,) = check_deviations(tmp_path)
    assert problem.message == "a mapping is needed here, not 5"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_file_names_its_schema(file: Path) -> None:
    first = file.read_text().splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert (file.parent / first.removeprefix(prefix)).resolve() == ROOT / "harness" / "spec" / "deviations.schema.json"
    assert read_deviations(file, "2.21.0")
