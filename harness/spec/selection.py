"""From what a person names (files, folders, ids) to case files and to the cases meant in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError, NothingMatchedError
from harness.spec.case import Case
from harness.spec.casefile import CasePath
from harness.spec.deviations import FOLDER

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
    Known deviations are no cases.
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

    Raises InvalidInputError where a file does not exist, NothingMatchedError where an id names no case file.
    """
    selectors: dict[Selector, None] = {}
    missing: list[str] = []
    for text in texts:
        file, name, implementation = split_id(text)
        paths = _find(file, root)
        if not paths and ("::" in text or Path(file).suffix not in ENDINGS):
            raise NothingMatchedError(f"{text}: no such case file")
        if not paths:
            missing.append(f"{text}: no such file")
        selectors |= dict.fromkeys(Selector(path, name, implementation) for path in paths)
    if missing:
        raise InvalidInputError(missing)
    return list(selectors)


def _find(file: str, root: Path) -> list[CasePath]:
    for place in (Path(file), root / file, root / CASES / file):
        if file and place.exists():
            return case_paths(place, root)
    everything = [*case_paths(root / CASES, root), *case_paths(root / CASES / APART, root)]
    return [path for path in everything if path.name.endswith(f"/{file}")]
