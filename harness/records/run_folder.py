"""A run folder: records as they come, `run.json` completed last, so that a cut-off run cannot look like a short one."""

import contextlib
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from harness.errors import InvalidInputError
from harness.facts import HERE
from harness.records import FORMAT, FORMATS, Result, from_json
from harness.records.exhaustion import Exhaustion, read_exhaustion

REPORTS: Final = "reports"  # a folder where one stands, for runs that are given no other
RESULTS: Final = "results.ndjson"
HEADER: Final = "run.json"
PAGE: Final = "index.html"
JUNIT: Final = "junit.xml"
SUMMARY: Final = "summary.md"
DIFFERENCES: Final = "diff.html"
EVIDENCE: Final = "evidence"  # a folder
MOST_EVIDENCE: Final = 2**26  # bytes in all
LATEST: Final = "latest"


@dataclass(frozen=True, slots=True)
class Header:
    """`run.json`: what was to be run, where, and whether it was.

    `collected` holds `case id::implementation`; `notes` says what the records cannot, such as a stale deviation.
    `environments` has the facts of each, and under `implementations` in it those of their processes. `peak_memory` is
    in bytes, of all processes of the run together. `dormant` counts the known deviations that say nothing of the
    environment. `declared` has what implementations declare of themselves, by their names.
    """

    format: int = FORMAT
    started: str = ""
    finished: str | None = None
    complete: bool = False
    collected: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    harness: str = ""
    environments: dict[str, Any] = field(default_factory=dict)
    threads: dict[str, int] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    command: str = ""
    notes: tuple[str, ...] = ()
    peak_memory: int = 0
    dormant: int = 0
    declared: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder as read, with the bounded exhaustion that it may hold.

    `torn` says that the last line of the records was cut off and dropped.
    """

    folder: Path
    header: Header
    results: tuple[Result, ...]
    torn: bool = False
    exhaustion: Exhaustion | None = None

    @property
    def missing(self) -> list[str]:
        """Collected ids that have no record, in the order they were collected."""
        done = {run_id(result) for result in self.results}
        return [name for name in self.header.collected if name not in done]

    @property
    def complete(self) -> bool:
        """Whether every collected case has its record and the run was ended in order."""
        return self.header.complete and not self.missing and not self.torn


def run_id(result: Result) -> str:
    """`case id::implementation`, the name of one result."""
    return f"{result.case}::{result.implementation}"


def counts_of(results: Iterable[Result]) -> dict[str, int]:
    """Results by verdict, and how many of them were as expected or not."""
    results = list(results)
    counts = Counter(str(result.verdict) for result in results)
    return {**counts, "expected": sum(r.expected for r in results), "unexpected": sum(not r.expected for r in results)}


class RunWriter:
    """The only thing that writes records of a run; each is on disk when `add` returns."""

    def __init__(self, folder: Path, header: Header, resumed: Run | None = None) -> None:
        """Open the folder and write a header that says 'not complete'; raises OSError where it cannot be written.

        A `resumed` run keeps its records and what it collected; the torn line that a kill left is cut off.
        """
        self.folder = folder
        self.results: list[Result] = list(resumed.results) if resumed else []
        self.done = set(map(run_id, self.results))
        before = resumed.header if resumed else header
        self.header = replace(header, started=before.started or now(), collected=before.collected)
        folder.mkdir(parents=True, exist_ok=True)
        self.evidence = 0 if not resumed else sum(file.stat().st_size for file in (folder / EVIDENCE).glob("*.npz"))
        if resumed:
            content = (folder / RESULTS).read_bytes()
            os.truncate(folder / RESULTS, content.rfind(b"\n") + 1)
        self.file = (folder / RESULTS).open("ab" if resumed else "wb", buffering=0)
        self._write_header()

    def add(self, line: str, evidence: bytes | None = None) -> Result:
        """Append one record, given as its JSON line; raises OSError where it cannot be written whole.

        `evidence` is the content of the file that the record names; where there is too much of it already, the record
        says that it has none.
        """
        result = from_json(line)
        if result.evidence and not self._keep(self.folder / result.evidence, evidence or b""):
            reproduce = result.reproduce.partition(" --evidence ")[0]
            result = replace(result, evidence=None, reproduce=reproduce)
            line = result.to_json()
        rest = memoryview(line.encode() + b"\n")
        while rest:
            rest = rest[self.file.write(rest) :]
        self.results.append(result)
        self.done.add(run_id(result))
        return result

    def _keep(self, file: Path, content: bytes) -> bool:
        if self.evidence + len(content) > MOST_EVIDENCE:
            return False
        self.evidence += len(content)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        return True

    def finish(self, *, interrupted: bool, notes: Sequence[str] = (), peak_memory: int = 0) -> Run:
        """Close the records and complete the header, last.

        After an interrupt the records are what is on disk: a signal may come between the write and its note here.
        """
        self.file.close()
        if interrupted:
            self.results = list(read_run(self.folder).results)
        self.header = replace(
            self.header,
            finished=now(),
            complete=not interrupted and self.done >= set(self.header.collected),
            counts=counts_of(self.results),
            notes=tuple(notes),
            peak_memory=peak_memory,
        )
        self._write_header()
        return Run(self.folder, self.header, tuple(self.results))

    def _write_header(self) -> None:
        whole = self.folder / f".{HEADER}.part"
        whole.write_text(json.dumps(asdict(self.header), indent=1, allow_nan=False) + "\n", encoding="utf-8")
        whole.replace(self.folder / HEADER)


def read_run(folder: Path) -> Run:
    """Read a run folder back. A torn last line is dropped and said.

    Raises InvalidInputError where there is no run, or a line in the middle is no record.
    """
    header = _read_header(folder / HEADER)
    results: list[Result] = []
    first: dict[str, Result] = {}
    torn = False
    try:
        with (folder / RESULTS).open("rb") as stream:
            for number, line in enumerate(stream, 1):
                torn = not line.endswith(b"\n")
                if not torn:
                    result = _read_record(line, f"{folder / RESULTS}:{number}:1")
                    results.append(_sharing(result, first.setdefault(result.case, result)))
    except OSError as error:
        raise InvalidInputError([f"{folder / RESULTS}: {error.strerror}"]) from None
    return Run(folder, header, tuple(results), torn=torn, exhaustion=read_exhaustion(folder))


def _read_record(line: bytes, place: str) -> Result:
    try:
        return from_json(line.decode("utf-8", errors="replace"))
    except ValueError as error:
        raise InvalidInputError([f"{place}: {error}"]) from None


def _sharing(result: Result, first: Result) -> Result:
    """The result with the call and the geometry of another one of the same case: half the memory of a large run."""
    if result is first or (result.attributes, result.geometry) != (first.attributes, first.geometry):
        return result
    return replace(result, attributes=first.attributes, geometry=first.geometry)


def _read_header(file: Path) -> Header:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError([f"{file}: {error.strerror}: not a run folder"]) from None
    except ValueError as error:
        raise InvalidInputError([f"{file}: {error}"]) from None
    if not isinstance(values, dict) or values.get("format") not in FORMATS:
        raise InvalidInputError([f"{file}: not a run of format {' or '.join(map(str, FORMATS))}"])
    if values["format"] == 1:
        values |= _environments_of_format_1(values)
    known = {key: value for key, value in values.items() if key in Header.__dataclass_fields__}
    return Header(**known | {key: tuple(known.get(key, ())) for key in ("collected", "notes")})


def _environments_of_format_1(values: dict[str, Any]) -> dict[str, Any]:
    """What format 1 said of its one environment: versions, the processor's name, and oneDNN's variable."""
    versions = dict(values.get("versions", {}))
    harness, python = versions.pop("harness", ""), versions.pop("python", "")
    variables = {name: {"TF_ENABLE_ONEDNN_OPTS": str(int(on == "on"))} for name, on in values.get("onednn", {}).items()}
    here = {"python": python, "processor": values.get("processor", ""), "packages": versions}
    processes = {name: {"variables": own} for name, own in variables.items()}
    return {"harness": harness, "environments": {HERE: here | {"implementations": processes}}}


def evidence_name(run_id: str) -> str:
    """The file in the run folder for the arrays of one result; unique, and no stranger to any file system."""
    digest = hashlib.sha256(run_id.encode()).hexdigest()[:8]
    return f"{EVIDENCE}/{re.sub('[^A-Za-z0-9.+-]+', '-', run_id)[-100:].strip('-')}-{digest}.npz"


def new_folder(reports: Path, prefix: str = "") -> Path:
    """Make a folder in `reports`, named by the time; raises OSError where that is not possible."""
    stamp = prefix + datetime.now().astimezone().strftime("%Y-%m-%dT%H-%M-%S")
    for number in count(1):
        folder = reports / (stamp if number == 1 else f"{stamp}-{number}")
        with contextlib.suppress(FileExistsError):  # of a run that began in the same second
            folder.mkdir(parents=True)
            break
    return folder


def point_latest(folder: Path) -> None:
    """Let `latest` beside the folder point at it; left alone where links cannot be made."""
    link = folder.parent / LATEST
    part = folder.parent / f".{LATEST}-{os.getpid()}"
    try:
        part.symlink_to(folder.name, target_is_directory=True)
        part.replace(link)
    except OSError:
        part.unlink(missing_ok=True)


def now() -> str:
    """The time, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
