"""What one pytest process is to run: the cases and implementations that its arguments name."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import pytest

from harness.errors import InvalidInputError, NothingMatchedError, Problem
from harness.hosts.known import known_deviations
from harness.implementations import Implementation
from harness.implementations.frameworks import DEFAULT
from harness.implementations.resolve import BUILT_IN, check_installed, resolve, with_threads
from harness.oracle.evidence import read_evidence
from harness.pytest_plugin.baseline import Baseline
from harness.pytest_plugin.placing import Placed, pinned, place
from harness.records.run_folder import REPORTS, Run
from harness.spec.case import Case
from harness.spec.casefile import CasePath, read_file
from harness.spec.detection import read_scores
from harness.spec.deviations import FOLDER, KnownDeviation, check_deviations
from harness.spec.selection import CASES, ENDINGS, Selector, case_paths, no_such_cases, select


@dataclass(frozen=True, slots=True)
class Plan:
    """Case files by their place, the parts of them that are meant, and what they run on."""

    root: Path
    names: tuple[str, ...] = ()
    cases: dict[Path, list[Case]] = field(default_factory=dict)
    selectors: dict[Path, list[Selector]] = field(default_factory=dict)
    implementations: tuple[Implementation, ...] = ()
    deviations: dict[str, list[KnownDeviation]] = field(default_factory=dict)
    scores: dict[str, int] = field(default_factory=dict)
    baseline: Baseline | None = None
    placed: Placed = field(default_factory=lambda: Placed(()))

    @property
    def paths(self) -> set[Path]:
        """Case files to collect."""
        return set(self.cases)

    def pairs(self, file: Path) -> Iterable[tuple[Case, Implementation]]:
        """Cases of one file, each with the implementations it runs on, in the order of the file."""
        for case in self.cases[file]:
            meant = {selector.implementation for selector in self.selectors[file] if selector.selects(case)}
            for implementation in self.implementations:
                if not meant.isdisjoint(_names(implementation)):
                    yield case, implementation


def _names(implementation: Implementation) -> set[str]:
    """What an id may name that means this implementation: it, with its environment or without, or none."""
    name = implementation.name.removesuffix(f"[{implementation.place}]")
    return {"", name, f"{name}[{implementation.place}]"}


PLAN: Final = pytest.StashKey[Plan]()
RESUMED: Final = pytest.StashKey[Run]()


def make_plan(config: pytest.Config) -> Plan:
    """Plan what the arguments of pytest name, and put in their place what pytest itself can collect.

    Raises InvalidInputError with every problem of every file and option, NothingMatchedError where an id has no case.
    """
    root = config.rootpath
    names = tuple(config.args)
    selectors, arguments = _selectors(names, root)
    config.args[:] = arguments
    # An id that names a built-in implementation asks for it; one given by hand must be given.
    named = [selector.implementation for selector in selectors if pinned(selector.implementation)[0] in BUILT_IN]
    given = config.option.implementation or named or DEFAULT
    problems: list[str | Problem] = []
    placed = Placed(())
    try:
        # By the controller, where this is a worker.
        packages = getattr(config, "workerinput", {}).get("packages")
        placed = place(
            _pins(given, config.option.threads), config.option.environment, config.invocation_params.dir, packages
        )
        check_installed(each for each in placed.implementations if not each.interpreter)
    except InvalidInputError as error:
        problems += error.lines
    cases: dict[Path, list[Case]] = {}
    by_file: dict[Path, list[Selector]] = {}
    for selector in selectors:
        by_file.setdefault(selector.path.file, []).append(selector)
    for selector in selectors:
        if selector.path.file not in cases:
            cases[selector.path.file], wrong = _read(selector.path)
            problems += wrong
    folder = root / CASES / FOLDER
    if cases:
        problems += check_deviations(folder)
    unmatched = no_such_cases(selectors, {selector.path: cases[selector.path.file] for selector in selectors})
    if problems:
        raise InvalidInputError([*problems, *unmatched])
    if unmatched:
        raise NothingMatchedError("\n".join(unmatched))
    reports = config.invocation_params.dir / REPORTS
    if config.option.evidence and (kept := _find_evidence(Path(config.option.evidence), reports)):
        cases = _with_evidence(cases, kept)
    known = {implementation.name: known_deviations(implementation, root) for implementation in placed.implementations}
    scores = read_scores(root / CASES)
    baseline = Baseline.read(Path(config.option.baseline)) if config.option.baseline else None
    return Plan(root, names, cases, by_file, placed.implementations, known, scores, baseline, placed)


def _pins(given: Iterable[str], threads: str | None) -> list[tuple[Implementation, str]]:
    """Implementations as they were named, each with the environment that it is pinned to."""
    pins: dict[str, list[str]] = {}
    for text in given:
        name, environment = pinned(text)
        pins.setdefault(name, []).append(environment)
    implementations = _threaded(resolve(pins), threads)
    return [
        (each, environment)
        for each in implementations
        # All paths of a framework's file may have been named by the file alone.
        for environment in dict.fromkeys(pins.get(each.given) or pins[each.given.rpartition(":")[0]])
    ]


def _find_evidence(file: Path, reports: Path) -> Path | None:
    """The file itself, or the newest run's that has one of this name: a record does not name the folder it is in."""
    runs = sorted((run for run in reports.glob("*/") if not run.is_symlink()), reverse=True)
    found = next((place for place in (file.resolve(), *(run / file for run in runs)) if place.is_file()), None)
    if not found:
        sys.stderr.write(f"{file} is not there: the operands are made again from the case's seed\n")
    return found


def _with_evidence(cases: dict[Path, list[Case]], file: Path) -> dict[Path, list[Case]]:
    """Let the case that the file is of use the operands kept there.

    Where the file is not there, as where a page was sent without it, the operands are made from the seed as always.
    """
    try:
        kept = read_evidence(file)
    except (OSError, ValueError) as error:
        raise InvalidInputError([f"{file}: {error}"]) from None
    of = [case for own in cases.values() for case in own if case.id == kept.case]
    if not of:
        raise InvalidInputError([f"{file}: this is of {kept.case}, which was not named"])
    if json.loads(json.dumps(asdict(of[0].attributes))) != kept.attributes:
        raise InvalidInputError([f"{file}: {kept.case} has other attributes now"])
    changed = replace(of[0], evidence=str(file))
    return {place: [changed if case is of[0] else case for case in own] for place, own in cases.items()}


def _threaded(implementations: list[Implementation], given: str | None) -> list[Implementation]:
    """Each implementation once for each number of threads; as they are where none is given."""
    if not given:
        return implementations
    numbers = given.split(",")
    if not all(number.isdecimal() and int(number) for number in numbers):
        raise InvalidInputError([f"--threads takes numbers such as 1,2, not {given!r}"])
    return [with_threads(each, int(number)) for number in dict.fromkeys(numbers) for each in implementations]


def _selectors(arguments: Iterable[str], root: Path) -> tuple[list[Selector], list[str]]:
    """Split off the ids of cases, which pytest could not take apart after a bracket."""
    selectors: list[Selector] = []
    kept: dict[str, None] = {}
    for argument in arguments:
        file = argument.partition("::")[0]
        if "::" in argument and file.endswith(ENDINGS):
            found = select([argument], root)
            selectors += found
            kept |= dict.fromkeys(str(selector.path.file) for selector in found)
            continue
        kept[argument] = None
        if Path(file).exists() and (Path(file).is_dir() or file.endswith(ENDINGS)):
            selectors += [Selector(path) for path in case_paths(Path(file), root)]
    return selectors, list(kept)


def _read(path: CasePath) -> tuple[list[Case], list[Problem]]:
    return _read_once(path, path.file.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _read_once(path: CasePath, _changed: int) -> tuple[list[Case], list[Problem]]:
    return read_file(path)
