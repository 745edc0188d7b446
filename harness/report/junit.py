"""A run as JUnit XML, for servers that show nothing else."""

import math
import re
from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree as ET

from harness.records import Result, Verdict
from harness.records.run_folder import Run
from harness.report.failure import failure_text
from harness.report.view import facts_told

_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COUNTS: Final = {"failures": "failure", "errors": "error", "skipped": "skipped"}
_ENDED: Final = (Verdict.CRASHES, Verdict.TIMES_OUT)


def document(run: Run) -> str:
    """The text of `junit.xml`.

    An implementation is a suite. A result that should be there and is not is an error, so that a run that was cut
    short cannot look like a short one, and so is a run that did not end; a note of the run is a failure.
    """
    suites: dict[str, list[ET.Element]] = {}
    for result in run.results:
        suites.setdefault(result.implementation, []).append(_case(result))
    for name in run.missing:
        case, _, implementation = name.rpartition("::")
        missing = _wrong("error", case, "no record: the run is incomplete", implementation)
        suites.setdefault(implementation, []).append(missing)
    if not run.complete and not run.missing:
        why = "the last record was cut off" if run.torn else "the run was not ended in order"
        suites.setdefault("run", []).append(_wrong("error", "run::complete", why))
    for note in run.header.notes:
        suites.setdefault("run", []).append(_wrong("failure", f"run::{note.partition(' ')[0]}", note))
    root = _counted("testsuites", "conformance", [case for cases in suites.values() for case in cases])
    for name, cases in suites.items():
        suite = _counted("testsuite", name, cases)
        suite.set("timestamp", _legal(run.header.started))
        suite.extend([_properties(run), *cases])
        root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _counted(tag: str, name: str, cases: Iterable[ET.Element]) -> ET.Element:
    cases = list(cases)
    counts = {kind: sum(case.find(tag) is not None for case in cases) for kind, tag in _COUNTS.items()}
    seconds = sum(float(case.get("time", 0)) for case in cases)
    shown = {"name": _legal(name), "tests": str(len(cases))} | {kind: str(count) for kind, count in counts.items()}
    return ET.Element(tag, shown | {"time": f"{seconds:.6f}"})


def _properties(run: Run) -> ET.Element:
    facts = {"harness": run.header.harness, **facts_told(run.header), "command": run.header.command}
    properties = ET.Element("properties")
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=_legal(name), value=_legal(str(value)))
    return properties


def _case(result: Result) -> ET.Element:
    seconds = result.seconds.get("total", 0.0)
    case = _named(result.case, result.implementation, seconds if math.isfinite(seconds) else 0.0)
    if not result.expected:
        tag = "error" if result.verdict in _ENDED else "failure"
        outcome = ET.SubElement(case, tag, type=result.verdict.value, message=_legal(result.why))
        outcome.text = _legal(failure_text(result))
    elif result.verdict is Verdict.SKIPPED:
        ET.SubElement(case, "skipped", message=_legal(result.why or "skipped"))
    elif result.deviation:
        reason = f"known deviation: {result.verdict.value}: {result.deviation.get('reason', '')}"
        ET.SubElement(case, "skipped", message=_legal(reason))
    return case


def _wrong(tag: str, name: str, why: str, implementation: str = "") -> ET.Element:
    """A case for what is wrong and has no record."""
    case = _named(name, implementation, 0.0)
    ET.SubElement(case, tag, type="run", message=_legal(why))
    return case


def _named(name: str, implementation: str, seconds: float) -> ET.Element:
    """A test case whose class and name no other one has: of each case there is one for each implementation."""
    file, _, rest = name.partition("::")
    shown = ".".join(filter(None, (implementation, file)))
    return ET.Element("testcase", classname=_legal(shown), name=_legal(rest or file), time=f"{seconds:.6f}")


def _legal(text: str) -> str:
    """The text without the characters that XML 1.0 has no way to write."""
    return _ILLEGAL.sub("", text)
