"""Files of known deviations: what an entry may say, and every mistake with its place."""

from pathlib import Path
from typing import Final

import pytest

from harness.errors import InvalidInputError, Problem
from harness.spec.conditions import CONDITIONS
from harness.spec.deviations import check_deviations, read_deviations
from harness.tests.known_deviations import REASON, entries
from harness.tests.processes import ROOT

SHIPPED: Final = sorted((ROOT / "cases" / "known_deviations").glob("*.yaml"))


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(InvalidInputError) as raised:
        entries(folder, text)
    return [line.removeprefix("known_deviations/tf.yaml:") for line in raised.value.lines]


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
        "intermittent": True,
    }  # fmt: skip
    assert second.shown()["place"] == "known_deviations/tf.yaml:9"
    assert (second.match, second.entry.intermittent, second.entry.error) == ({"dilated": True}, False, None)


def test_where_there_is_no_file_there_are_no_entries(tmp_path: Path) -> None:
    assert read_deviations(tmp_path / "none.yaml") == []
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
    assert read_deviations(file)
