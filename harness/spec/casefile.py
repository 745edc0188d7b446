"""YAML files to cases: read, check the form, expand; every problem of every file at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import InvalidInputError, Problem
from harness.spec import yaml12
from harness.spec.case import Case
from harness.spec.expand import expand
from harness.spec.form import check_form


@dataclass(frozen=True, slots=True, order=True)
class CasePath:
    """A case file: where it lies, and the name its cases carry in their ids (relative to the folder given)."""

    name: str
    file: Path


def read_file(path: CasePath) -> tuple[list[Case], list[Problem]]:
    """Cases of one file, or what is wrong with it; never both."""
    shown = _shown(path.file)
    try:
        content = path.file.read_bytes()
    except OSError as error:
        return [], [Problem(shown, 0, 0, f"cannot be read: {error.strerror}")]
    document = yaml12.read(content, shown)
    form, form_problems = check_form(document, shown)
    if form is None:
        found = document.problems + form_problems
        return [], found or [Problem(shown, 1, 1, "the file is empty")]
    cases, expand_problems = expand(form, document, path.name, shown)
    problems = sorted(document.problems + form_problems + expand_problems + _duplicate_ids(document, shown))
    return ([], problems) if problems else (cases, [])


def _duplicate_ids(document: yaml12.Document, file: str) -> list[Problem]:
    """Entries that share an id, sound or not."""
    lines: dict[str, int] = {}
    problems = []
    entries = document.value["cases"] if isinstance(document.value, dict) else []
    for index, entry in enumerate(entries):
        name = entry.get("id") if isinstance(entry, dict) else None
        line, column = document.mark(("cases", index, "id"))
        if not isinstance(name, str):
            continue
        if name in lines:
            problems.append(Problem(file, line, column, f"duplicate id {name!r}; line {lines[name]} has it"))
        lines.setdefault(name, line)
    return problems


def load(paths: Iterable[CasePath]) -> list[Case]:
    """Cases of all files, in the order of the files.

    Raises InvalidInputError with every problem of every file.
    """
    cases: list[Case] = []
    problems: list[Problem] = []
    for path in paths:
        found, wrong = read_file(path)
        cases += found
        problems += wrong
    if problems:
        raise InvalidInputError(problems)
    return cases


def _shown(file: Path) -> str:
    """The path as the person who called would write it: relative to where they stand, if it is below."""
    try:
        return file.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return file.as_posix()
