"""From what a person names to case files and to cases."""

import os
import re
from pathlib import Path

import pytest

from harness.errors import InvalidInputError, NothingMatchedError
from harness.spec.casefile import CasePath
from harness.spec.selection import Selector, case_paths, chosen_cases, select, split_id
from harness.tests.cases import case_file, entry
from harness.tests.strategies import make_case

FILES = ("cases/strides.yaml", "cases/op/strides.yaml", "cases/op/deep/more.yml", "cases/op/padding.yaml")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with case files, known deviations, other files, and a folder of cases of its own beside."""
    others = ("cases/known_deviations/tf.yaml", "cases/op/readme.md", "cases/op/x.yaml.bak", "other.yaml")
    beside = ("mine/one.yaml", "mine/two/three.yaml", "mine/known_deviations/x.yaml")
    for name in (*FILES, *others):
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).touch()
    for name in beside:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "root")
    return tmp_path / "root"


def named(paths: list[CasePath]) -> list[str]:
    return [path.name for path in paths]


def chosen(root: Path, *texts: str) -> list[tuple[str, str, str]]:
    return [(selector.path.name, selector.name, selector.implementation) for selector in select(texts, root)]


def test_a_folder_stands_for_its_case_files_in_order(root: Path) -> None:
    assert named(case_paths(root / "cases", root)) == [
        "op/deep/more.yml", "op/padding.yaml", "op/strides.yaml", "strides.yaml",
    ]  # fmt: skip
    assert named(case_paths(root / "cases" / "op" / "deep", root)) == ["op/deep/more.yml"]
    assert all(path.file.is_absolute() and path.file.is_file() for path in case_paths(root / "cases", root))


@pytest.mark.parametrize("place", ["", ".."])
def test_a_folder_around_the_cases_stands_for_them(place: str, root: Path) -> None:
    assert case_paths(root / place, root) == case_paths(root / "cases", root)


def test_a_folder_elsewhere_names_its_files_itself(root: Path) -> None:
    assert named(case_paths(root.parent / "mine", root)) == ["one.yaml", "two/three.yaml"]
    assert case_paths(root.parent / "empty", root) == []


def test_a_file_is_named_from_the_cases_or_by_itself(root: Path) -> None:
    assert case_paths(root / "cases/op/strides.yaml", root) == [
        CasePath("op/strides.yaml", root / "cases/op/strides.yaml")
    ]
    assert named(case_paths(root.parent / "mine/two/three.yaml", root)) == ["three.yaml"]
    assert named(case_paths(Path("other.yaml"), root)) == ["other.yaml"]


def test_a_link_stands_for_what_it_points_at(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root / "cases" / "op", target_is_directory=True)
    assert named(case_paths(link, root)) == ["op/deep/more.yml", "op/padding.yaml", "op/strides.yaml"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a/b.yaml", ("a/b.yaml", "", "")), ("b.yaml::x", ("b.yaml", "x", "")),
        ("b.yaml::x[a:1-b:2x2]::tf", ("b.yaml", "x[a:1-b:2x2]", "tf")), ("::x", ("", "x", "")), ("", ("", "", "")),
        ("b.yaml::x::a::b", ("b.yaml", "x", "a::b")), ("b.yaml::::tf", ("b.yaml", "", "tf")),
    ],
)  # fmt: skip
def test_an_id_has_three_parts(text: str, parts: tuple[str, str, str]) -> None:
    assert split_id(text) == parts


@pytest.mark.parametrize(
    "text",
    ["cases/op/strides.yaml", "op/strides.yaml", "{root}/cases/op/strides.yaml", "./cases/op/../op/strides.yaml"],
)
@pytest.mark.parametrize("rest", ["", "::grid", "::grid[strides:2]", "::grid[strides:2]::tf-xla"])
def test_a_file_is_found_with_and_without_cases_in_front(text: str, rest: str, root: Path) -> None:
    _, name, implementation = split_id(rest)
    assert chosen(root, text.format(root=root) + rest) == [("op/strides.yaml", name, implementation)]


def test_a_file_is_found_from_elsewhere(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    assert chosen(root, "op/strides.yaml", "cases/op/padding.yaml") == [
        ("op/strides.yaml", "", ""),
        ("op/padding.yaml", "", ""),
    ]
    assert chosen(root, "mine/one.yaml") == [("one.yaml", "", "")]


def test_where_one_stands_goes_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root.parent / "strides.yaml").touch()
    monkeypatch.chdir(root.parent)
    ((selector),) = select(["strides.yaml"], root)
    assert selector.path == CasePath("strides.yaml", root.parent / "strides.yaml")


def test_a_file_is_found_by_its_name_alone(root: Path) -> None:
    assert chosen(root, "padding.yaml") == [("op/padding.yaml", "", "")]
    assert chosen(root, "more.yml::x") == [("op/deep/more.yml", "x", "")]
    assert chosen(root, "deep/more.yml") == [("op/deep/more.yml", "", "")]
    (root / "cases/zz").mkdir()
    (root / "cases/zz/padding.yaml").touch()
    assert chosen(root, "padding.yaml::x") == [("op/padding.yaml", "x", ""), ("zz/padding.yaml", "x", "")]
    with pytest.raises(InvalidInputError, match=r"^adding\.yaml: no such file; did you mean 'op/padding\.yaml'\?$"):
        select(["adding.yaml"], root)


def test_a_folder_selects_all_its_files(root: Path) -> None:
    assert [name for name, _, _ in chosen(root, "cases")] == [
        "op/deep/more.yml", "op/padding.yaml", "op/strides.yaml", "strides.yaml",
    ]  # fmt: skip
    assert chosen(root, "op/deep") == [("op/deep/more.yml", "", "")]
    assert chosen(root, ".") == chosen(root, "cases") == chosen(root, str(root))


def test_what_is_named_twice_is_selected_once(root: Path) -> None:
    assert chosen(root, "op/padding.yaml", "cases/op/padding.yaml", "padding.yaml", "op/padding.yaml::a") == [
        ("op/padding.yaml", "", ""), ("op/padding.yaml", "a", ""),
    ]  # fmt: skip
    assert chosen(root) == []


def test_files_that_do_not_exist_are_said_all_at_once(root: Path) -> None:
    with pytest.raises(InvalidInputError) as raised:
        select(["none.yaml", "op/padding.yaml", "cases/nor.yml"], root)
    empty = "cases/op/padding.yaml:1:1: the file is empty"
    assert raised.value.lines == ("none.yaml: no such file", "cases/nor.yml: no such file", empty)


def test_all_that_is_wrong_with_what_is_named_is_said_at_once(root: Path) -> None:
    (root / "one.yaml").write_text(case_file(entry()))
    with pytest.raises(InvalidInputError) as raised:
        chosen_cases(["one.yaml::a", "one.yaml::zz", "xyz.yaml", "nor.yaml::x"], root)
    said = ("xyz.yaml: no such file", "nor.yaml::x: no such case file", "one.yaml::zz: no such case")
    assert raised.value.lines == said
    with pytest.raises(InvalidInputError) as raised:
        select(["one.yaml::zz", "xyz.yaml"], root)
    assert raised.value.lines == (said[0], said[2])
    with pytest.raises(NothingMatchedError, match=r"^nor\.yaml::x: no such case file\none\.yaml::zz: no such case$"):
        chosen_cases(["one.yaml::zz", "one.yaml::a", "nor.yaml::x"], root)
    assert [case.id for case in chosen_cases(["one.yaml::a"], root)] == ["one.yaml::a"]


def test_of_an_invalid_file_no_case_is_said_to_be_missing(root: Path) -> None:
    (root / "one.yaml").write_text(case_file(entry("stride: 1")))
    with pytest.raises(InvalidInputError) as raised:
        chosen_cases(["one.yaml::zz"], root)
    assert [line.partition(": ")[2] for line in raised.value.lines] == ["unknown key 'stride'; did you mean 'strides'?"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("strids.yaml", "op/strides.yaml"), ("op/padding.yml", "op/padding.yaml"), ("othr.yaml", "other.yaml"),
        ("../mine/onee.yaml", "../mine/one.yaml"), ("paddin.yaml::x", "op/padding.yaml"),
    ],
)  # fmt: skip
def test_the_nearest_file_is_offered(text: str, meant: str, root: Path) -> None:
    with pytest.raises((InvalidInputError, NothingMatchedError), match=rf"; did you mean '{re.escape(meant)}'\?$"):
        select([text], root)


@pytest.mark.parametrize("text", ["none.yaml::x", "none", "::x", "nothing::x::tf", ""])
def test_an_id_or_folder_without_cases_matches_nothing(text: str, root: Path) -> None:
    with pytest.raises(NothingMatchedError) as raised:
        select([text], root)
    assert str(raised.value) == f"{text}: no such case file"


@pytest.mark.parametrize("name", ["../empty", "em pty", "folder.yaml"])
def test_a_folder_without_cases_is_not_offered_in_its_own_place(name: str, root: Path) -> None:
    (root / name).mkdir(exist_ok=True)
    with pytest.raises(NothingMatchedError) as raised:
        select([name], root)
    assert str(raised.value) == f"{name}: no case file in this folder"


def test_what_else_is_there_stands_for_no_cases(root: Path) -> None:
    (root / "cases.txt").touch()
    with pytest.raises(InvalidInputError) as raised:
        select(["/", "..", "cases.txt"], root)
    around = "more than the harness lies in this folder: name a folder of case files"
    assert raised.value.lines == (f"/: {around}", f"..: {around}", "cases.txt: a case file ends in .yaml or .yml")


@pytest.mark.parametrize(
    ("name", "selected"),
    [
        ("", True), ("grid", True), ("grid[strides:2-half]", True), ("gri", False), ("grid[strides:2]", False),
        ("grid[", False), ("other", False),
    ],
)  # fmt: skip
def test_a_selector_means_a_case_by_its_own_id_or_its_whole_name(name: str, *, selected: bool) -> None:
    case = make_case("grid[strides:2-half]", input_sizes=[1, 2, 2, 1], filter=[1, 1, 1, 1])
    assert Selector(CasePath(case.path, Path(os.devnull)), name).selects(case) is selected
    assert not Selector(CasePath("other.yaml", Path(os.devnull)), name).selects(case)
