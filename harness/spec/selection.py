"""From what a person names (files, folders, ids) to case files and to the cases meant in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError, NothingMatchedError, Problem
from harness.spec.case import Case
from harness.spec.casefile import CasePath, read_file
from harness.spec.described import FILE as ENVIRONMENTS
from harness.spec.deviations import FOLDER
from harness.spec.schema import nearest_name

CASES: Final = "cases"
APART: Final = "networks"  # a folder of `cases` that a folder around it does not stand for: its layers are large
ENDINGS: Final = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Selector:
    """A part of one case file: all of it, or one id (with or without what was multiplied out), one implementation."""

    path: CasePath
    name: str = ""
    implementation: str = ""

    def selects(self, case: Case) -> bool:
        """Whether the selector means this case."""
        return case.path == self.path.name and self.name in ("", case.name, case.name.split("[")[0])


def case_paths(place: Path, root: Path) -> list[CasePath]:
    """Case files that a file or folder stands for, sorted; ids are relative to `cases`, else to the folder given.

    A folder around `root` stands for its `cases`, which do not include `cases/networks`: that is named or left out.
    Known deviations and environments are no cases.
    """
    home = root / CASES
    place = place.resolve()
    if place.is_file():
        inside = place.is_relative_to(home)
        return [CasePath(place.relative_to(home).as_posix() if inside else place.name, place)]
    if root.is_relative_to(place):
        place = home
    base = home if place.is_relative_to(home) else place
    files = sorted(file for file in place.rglob("*") if file.suffix in ENDINGS and FOLDER not in file.parts)
    files = [file for file in files if file.name != ENVIRONMENTS or not (file.parent / FOLDER).is_dir()]
    if not place.is_relative_to(home / APART):
        files = [file for file in files if not file.is_relative_to(home / APART)]
    return [CasePath(file.relative_to(base).as_posix(), file) for file in files]


def split_id(text: str) -> tuple[str, str, str]:
    """File, case and implementation of an id; what is not said is empty."""
    file, _, rest = text.partition("::")
    name, _, implementation = rest.partition("::")
    return file, name, implementation


def select(texts: Iterable[str], root: Path) -> list[Selector]:
    """Selectors for files, folders and ids as a person writes them, with or without `cases/` in front.

    Raises InvalidInputError where a file does not exist, NothingMatchedError where an id names no case file; with the
    first comes everything else that is wrong with what is named.
    """
    selectors, missing, unmatched = _selected(texts, root)
    if missing or unmatched:
        _read(selectors, missing, unmatched)
    return selectors


def chosen_cases(texts: Iterable[str], root: Path) -> list[Case]:
    """The cases that files, folders and ids name, in the order of the files.

    Raises InvalidInputError with everything that is wrong with what is named, NothingMatchedError where that is only
    that there are no such cases.
    """
    selectors, missing, unmatched = _selected(texts, root)
    cases = _read(selectors, missing, unmatched)
    return [case for own in cases.values() for case in own if any(each.selects(case) for each in selectors)]


def no_such_cases(selectors: Iterable[Selector], cases: Mapping[CasePath, list[Case]]) -> list[str]:
    """Sentences for the ids that no case of their file has; nothing is said of a file without cases: it is invalid."""
    return [
        f"{selector.path.name}::{selector.name}: no such case"
        for selector in selectors
        if selector.name and (own := cases[selector.path]) and not any(map(selector.selects, own))
    ]


def _selected(texts: Iterable[str], root: Path) -> tuple[list[Selector], list[str], list[str]]:
    """Selectors, and what is said of files that do not exist and of ids that name none."""
    selectors: dict[Selector, None] = {}
    missing: list[str] = []
    unmatched: list[str] = []
    for text in texts:
        file, name, implementation = split_id(text)
        if fault := _unfit(Path(file), root):
            missing.append(f"{text}: {fault}")
            continue
        paths = _find(file, root)
        if not paths and Path(file).is_dir() and file:
            unmatched.append(f"{text}: no case file in this folder")
        elif not paths and ("::" in text or Path(file).suffix not in ENDINGS):
            unmatched.append(f"{text}: no such case file{_nearest_file(file, root)}")
        elif not paths:
            missing.append(f"{text}: no such file{_nearest_file(file, root)}")
        selectors |= dict.fromkeys(Selector(path, name, implementation) for path in paths)
    return list(selectors), missing, unmatched


def _read(selectors: list[Selector], missing: list[str], unmatched: list[str]) -> dict[CasePath, list[Case]]:
    """The cases of the files named; raises for what is wrong with them, too."""
    cases: dict[CasePath, list[Case]] = {}
    problems: list[str | Problem] = [*missing]
    for path in dict.fromkeys(selector.path for selector in selectors):
        cases[path], wrong = read_file(path)
        problems += wrong
    unmatched = [*unmatched, *no_such_cases(selectors, cases)]
    if problems:
        raise InvalidInputError([*problems, *unmatched])
    if unmatched:
        raise NothingMatchedError("\n".join(unmatched))
    return cases


def _unfit(place: Path, root: Path) -> str:
    """Why something that is there cannot stand for case files, if that is so."""
    if place.is_file() and place.suffix not in ENDINGS:
        return f"a case file ends in {' or '.join(ENDINGS)}"
    around = place.resolve()
    if place.is_dir() and root != around and root.is_relative_to(around):
        return "more than the harness lies in this folder: name a folder of case files"
    return ""


def _nearest_file(file: str, root: Path) -> str:
    """`; did you mean 'strides.yaml'?`, where a case file beside the place named, or a shipped one, is called so."""
    if not (stem := Path(file).stem):
        return ""
    shipped = {Path(path.name).stem: path.name for path in reversed(case_paths(root / CASES, root))}
    beside = {each.stem: str(each) for each in Path(file).parent.glob("*") if each.suffix in ENDINGS}
    stems = shipped | beside
    name = nearest_name(stem, stems)
    return f"; did you mean {stems[name]!r}?" if name else ""


def _find(file: str, root: Path) -> list[CasePath]:
    for place in (Path(file), root / file, root / CASES / file):
        if file and place.exists():
            return case_paths(place, root)
    everything = [*case_paths(root / CASES, root), *case_paths(root / CASES / APART, root)]
    return [path for path in everything if path.name.endswith(f"/{file}")]
