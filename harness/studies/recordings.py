"""Recorded results held against today's known deviations, without running anything again.

A recording is a run folder, or a file of JSON lines (which may be gzipped): the facts of the environment, then a line
for each case with its call, then a line for each result. A call is judged as it was recorded.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from harness.errors import InvalidInputError
from harness.facts import Facts, facts_in, facts_of, unplaced
from harness.hosts.host_output import cleaned
from harness.implementations.frameworks import ANY_WORDING
from harness.records import Result
from harness.records.run_folder import Run
from harness.spec.case import Attributes, Case, DataKind, Expect, Profile, Source
from harness.spec.deviations import FOLDER, KnownDeviation, awake, held_against, read_deviations
from harness.spec.geometry import Axis, Geometry

_PADDINGS_TAKEN: Final = ("SAME", "VALID")
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One result as it was recorded; `error` is its class and message. `expected` is by the entries of some day."""

    case: Case
    implementation: str
    verdict: str
    error: tuple[str, str] | None = None
    ran: str | None = None
    expected: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """Results, and the facts of the processes that they come from, by implementation (`""` stands for any other)."""

    facts: Mapping[str, Facts]
    results: tuple[Recorded, ...]

    def facts_for(self, implementation: str) -> Facts:
        """The facts of the process that an implementation ran in."""
        return self.facts.get(implementation, self.facts.get("", Facts()))


@dataclass(slots=True)
class Checked:
    """What came of a recording: results that are not as expected, each with why, and counts."""

    compared: int = 0
    unexpected: list[tuple[Recorded, str]] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)
    dormant: int = 0

    def status(self) -> int:
        """0 where all is as expected, 1 where it is not, 5 where nothing was compared."""
        return 5 if not self.compared else int(bool(self.unexpected))

    def lines(self) -> list[str]:
        """The verdict, then each result that is not as expected."""
        as_expected = self.compared - len(self.unexpected)
        lines = [f"{as_expected:,} of {self.compared:,} recorded results are as expected"]
        lines += [f"{self.dormant:,} entries are dormant there"] if self.dormant else []
        if self.moved:
            lines.append(f"{len(self.moved):,} ids stand for another call by now: judged by their calls, counted apart")
        return lines + [
            f"{result.case.id}::{result.implementation}: {result.verdict}: {why}" for result, why in self.unexpected
        ]


def check_recording(recording: Recording, today: Iterable[Case], folder: Path) -> Checked:
    """Hold each result against the entries of `folder`; an id that is another call's by now is judged by its call.

    Raises InvalidInputError for a file of entries that is not well-formed.
    """
    calls = {case.id: case for case in today}
    known: dict[str, list[KnownDeviation]] = {}
    checked = Checked()
    for result in recording.results:
        name = result.implementation
        if name not in known:
            entries = read_deviations(folder / FOLDER / f"{unplaced(name)}.yaml")
            known[name] = awake(entries, recording.facts_for(name))
            checked.dormant += len({each.place for each in entries} - {each.place for each in known[name]})
        same = calls.get(result.case.id)
        if same and same.attributes != result.case.attributes:
            checked.moved.add(result.case.id)
            continue
        case = same or result.case
        expectation = held_against(known[name], case, result.verdict, result.error, result.ran)
        checked.compared += 1
        if not expectation.expected:
            checked.unexpected.append((result, expectation.why or ": ".join(result.error or ("no entry says so",))))
    return checked


def judged_today(recording: Recording, today: Iterable[Case], folder: Path) -> Recording:
    """The recording with what today's entries expect of it. Raises InvalidInputError as `check_recording` does."""
    unexpected = {id(result): why for result, why in check_recording(recording, today, folder).unexpected}
    results = (
        replace(each, expected=id(each) not in unexpected, why=unexpected.get(id(each), ""))
        for each in recording.results
    )
    return Recording(recording.facts, tuple(results))


def packed(run: Run) -> bytes:
    """A run folder as a file to hand on, gzipped: facts, calls, results, and nothing of who made it where.

    Where implementations ran in processes that differ, each brings the facts of its own.
    """
    recording = recording_of(run)
    lines: list[dict[str, Any]] = [{"facts": {name: asdict(facts) for name, facts in recording.facts.items()}}]
    calls = {result.case.id: result.case for result in recording.results}
    lines += map(_call_line, calls.values())
    lines += map(_result_line, recording.results)
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    return gzip.compress(text.encode(), mtime=0)


def _call_line(case: Case) -> dict[str, Any]:
    geometry = asdict(case.geometry) if case.geometry else None
    kinds = {"case": case.id, "expect": case.expect, "data": list(case.data)}
    return {**kinds, "attributes": asdict(case.attributes), "geometry": geometry}


def _result_line(result: Recorded) -> dict[str, Any]:
    line: dict[str, Any] = {"case": result.case.id, "implementation": result.implementation, "verdict": result.verdict}
    return line | ({"error": result.error} if result.error else {}) | ({"ran": result.ran} if result.ran else {})


def read_recording(place: Path) -> Recording:
    """Read a file of facts, calls and results.

    Raises InvalidInputError where a line is none of them, or the file cannot be read.
    """
    facts: dict[str, Facts] = {}
    cases: dict[str, Case] = {}
    results: list[Recorded] = []
    number = 0
    try:
        for line in _lines(place):
            number += 1
            values = json.loads(line)
            if not facts:
                facts = (
                    {name: facts_of(each) for name, each in values["facts"].items()}
                    if "facts" in values
                    else {"": _facts(values)}
                )
            elif "verdict" in values:
                results.append(_result(values, cases))
            else:
                cases[values["case"]] = _case(values)
    except OSError as error:
        raise InvalidInputError([f"{place}: {error.strerror or error}"]) from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidInputError([f"{place}:{number}: neither facts nor a call nor a result: {error}"]) from None
    return Recording(facts, tuple(results))


def recording_of(run: Run) -> Recording:
    """The results of a run folder, each with the facts of its environment."""
    facts = {
        result.implementation: facts_in(run.header.environments.get(result.environment, {}), result.implementation)
        for result in run.results
    }
    return Recording(facts, tuple(map(recorded, run.results)))


def recorded(result: Result) -> Recorded:
    """A record as a recording has it; the attributes of both can be compared."""
    kinds = dict.fromkeys(check.data for check in result.checks)
    values = {"case": result.case, "attributes": result.attributes, "geometry": result.geometry}
    case = _case({**values, "expect": result.expect, "data": list(kinds)})
    error = result.error
    said = (error.error_class, "\n".join([error.message, *error.stderr])) if error else None
    return Recorded(case, result.implementation, result.verdict, said, result.ran, result.expected, result.why)


def _lines(place: Path) -> Iterator[bytes]:
    content = place.read_bytes()
    yield from (gzip.decompress(content) if content.startswith(_GZIP) else content).splitlines()


def _facts(values: Mapping[str, Any]) -> Facts:
    """Facts as `run.json` has them, or in the short form: `has`, `onednn_takes`, packages by their names."""
    if "features" in values or "packages" in values:
        return facts_of(values)
    own = {name: values[name] for name in ("python", "system", "machine", "processor") if name in values}
    answers = {"takes": values.get("onednn_takes", ()), "refuses": values.get("onednn_refuses", ())}
    onednn = {
        "version": values.get("onednn", ""),
        "isa": values.get("onednn_isa", ""),
        "answers": {
            dtype: dict.fromkeys(_PADDINGS_TAKEN, answer) for answer, dtypes in answers.items() for dtype in dtypes
        },
    }
    packages = {name: text for name, text in values.items() if isinstance(text, str) and text[:1].isdecimal()}
    packages.pop("python", None)
    return facts_of({**own, "features": values.get("has", ()), "packages": packages, "onednn": onednn})


def _case(values: Mapping[str, Any]) -> Case:
    path, _, name = values["case"].partition("::")
    attributes: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values["attributes"].items()
    }
    kinds = tuple(kind for kind in DataKind if kind in values.get("data", ()))
    return Case(
        path=path,
        name=name,
        attributes=Attributes(**attributes),
        geometry=_geometry(values["geometry"]) if values["geometry"] else None,
        expect=Expect(values["expect"]),
        data=kinds if "accuracy" not in values.get("data", ()) else (),  # checks are not kinds: nothing is known
        covers=(),
        tags=(),
        profile=Profile(),
        source=Source(path, 0),
    )


def _geometry(values: Mapping[str, Any]) -> Geometry:
    height, width = (
        Axis(**{key: values[axis][key] for key in Axis.__dataclass_fields__}) for axis in ("height", "width")
    )
    return Geometry(values["N"], values["C"], values["K"], values["groups"], height, width)


def _result(values: Mapping[str, Any], cases: Mapping[str, Case]) -> Recorded:
    error = values.get("error")
    said = (error[0], "\n".join([error[1], *cleaned(values.get("stderr", ()), ANY_WORDING)])) if error else None
    return Recorded(cases[values["case"]], values["implementation"], values["verdict"], said, values.get("ran"))
