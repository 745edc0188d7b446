"""YAML files to cases: read, check the form, expand; every problem of every file at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.errors import InvalidInputError, Problem
from harness.spec import yaml12
from harness.spec.case import Case
from harness.spec.expand import expand
from harness.spec.schema import CaseFile, Entry, Stimulus, nearest_name, problems_of_form


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
    form, form_problems = _form(document, shown)
    if form is None:
        found = document.problems + form_problems
        return [], found or [Problem(shown, 1, 1, "the file is empty")]
    cases, expand_problems = expand(form.entries, form.defaults, document, path.name, shown)
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


@dataclass(frozen=True, slots=True)
class _Form:
    """The sound part of a file: entries by their place, and the defaults."""

    entries: dict[int, Entry]
    defaults: Stimulus


def _form(document: yaml12.Document, file: str) -> tuple[_Form | None, list[Problem]]:
    """Check the form; what is wrong in one entry does not hide what is wrong in the next."""
    if document.value is None:
        return None, []
    try:
        whole = CaseFile.model_validate(document.value)
        return _Form(dict(enumerate(whole.cases)), whole.defaults), []
    except ValidationError as error:
        problems = problems_of_form(error, document, file, CaseFile)
        wrong = {finding["loc"][:2] for finding in error.errors(include_url=False)}
    if not isinstance(document.value, dict) or any(place[0] == "cases" and len(place) == 1 for place in wrong):
        return None, problems
    defaults = document.value.get("defaults", {})
    if ("defaults",) in wrong or "cases" not in document.value:
        return None, problems
    unsure = {str(place[1]) for place in wrong if place[0] == "defaults"}
    meant = {nearest_name(key, Stimulus.model_fields) for key in unsure} - {None}
    entries = {
        index: Entry.model_validate(entry)
        for index, entry in enumerate(document.value["cases"])
        if ("cases", index) not in wrong and meant <= entry.keys()
    }
    sound = {key: value for key, value in defaults.items() if key not in unsure}
    return _Form(entries, Stimulus.model_validate(sound)), problems


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
