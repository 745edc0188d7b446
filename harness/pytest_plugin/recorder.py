"""The single writer: it takes the records that come with pytest's reports and leaves a run folder."""

import contextlib
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from harness.facts import Facts, environment_of
from harness.hosts.measuring import UnfitError
from harness.hosts.memory import PeakMemory
from harness.pytest_plugin.environments import KNOWN
from harness.pytest_plugin.plan import PLAN, RESUMED, Plan
from harness.records import ErrorReport, Result, Verdict
from harness.records.run_folder import (
    JUNIT,
    PAGE,
    REPORTS,
    SUMMARY,
    Header,
    Run,
    RunWriter,
    point_latest,
)
from harness.report.html import page
from harness.report.junit import document
from harness.report.markdown import summary
from harness.report.terminal import summary_in_colour, summary_lines
from harness.runner import described
from harness.spec.case import Case
from harness.spec.described import FILE as ENVIRONMENTS
from harness.spec.described import novelty, read_described
from harness.spec.selection import CASES, case_paths
from harness.versions import version_of

RERUN: Final[Any] = "rerun"  # pytest has no such outcome of its own, and lets plugins have one
CI_SUMMARY: Final = "GITHUB_STEP_SUMMARY"  # names the file that a CI service shows with the job
_DISTRIBUTION: Final = "conv2d-backprop-input-conformance"


class Recorder:
    """Registered in the one process that is not a worker."""

    def __init__(self, config: pytest.Config, threads: dict[str, int]) -> None:
        """Nothing is written until a case is collected."""
        self.config = config
        self.plan: Plan = config.stash[PLAN]
        self.index = {(file, case.name): case for file, cases in self.plan.cases.items() for case in cases}
        self.known = config.stash[KNOWN]
        self.facts: dict[str, Facts] = {}
        self.threads = threads
        self.writer: RunWriter | None = None
        self.run: Run | None = None
        self.memory: PeakMemory | None = None
        self.rerun: set[str] = set()
        self.internal_error = False
        self.collection_failed = False
        self.stopped_at_failure = False
        self.interrupted = False
        self.unwritable = ""
        self.resumed: Run | None = config.stash.get(RESUMED, None)
        # Like Ctrl-C: what is finished is written, and the page says what is missing.
        signal.signal(signal.SIGTERM, signal.default_int_handler)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without workers: the run begins when the items are known."""
        self._begin(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Iterable[str]) -> None:
        """With workers: each reports the same ids; the first one counts."""
        self._begin(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the record that came with a report."""
        self.internal_error |= getattr(report, "harness_internal_error", False)
        line: str | None = getattr(report, "harness_record", None)
        if line and self.writer:
            self._add(line, getattr(report, "harness_evidence", None))

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport, sched: Any) -> None:
        """A worker died: its case is run once more, so that a call that kills is told from a worker somebody ended."""
        known = self._known(crashitem)
        if not known or not self.writer:
            return
        if f"{known[0].id}::{known[1]}" in self.writer.done:  # it died after its record was sent
            report.outcome = "passed"
            return
        if crashitem not in self.rerun:
            self.rerun.add(crashitem)
            report.outcome = RERUN
            sched.mark_test_pending(crashitem)
            return
        case, name = known
        implementation = next(each for each in self.plan.implementations if each.name == name)
        error = ErrorReport("WorkerDied", "the worker process that ran this case ended, twice")
        command = ["harness", "run", case.id, "-i", implementation.given, *implementation.options]
        result = Result(
            case.id,
            name,
            Verdict.CRASHES,
            expected=False,
            environment=implementation.place,
            reproduce=shlex.join(command),
            why=error.message,
            error=error,
            **described(case),
        )
        self._add(result.to_json())

    def pytest_report_teststatus(self, report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
        """Count what ran once more apart from what failed, and nothing twice."""
        if report.outcome == RERUN:
            return RERUN, "R", "RERUN"
        return ("", "", "") if report.when == "???" and report.passed else None  # xdist's report of a worker's death

    def _add(self, line: str, evidence: bytes | None = None) -> None:
        """Write one record; where that fails, what was written stays, and the run ends."""
        if self.writer is None or self.unwritable:
            return
        try:
            self.writer.add(line, evidence)
        except OSError as error:
            self.unwritable = f"{self.writer.folder}: {error.strerror}: the run ends here"
            pytest.exit(self.unwritable, returncode=pytest.ExitCode.INTERNAL_ERROR)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell a person's Ctrl-C from pytest's own stops: errors in collecting, or enough failures with `-x`."""
        self.collection_failed = "during collection" in str(excinfo.value)
        self.stopped_at_failure = "stopping after" in str(excinfo.value)
        self.interrupted = not self.collection_failed

    def pytest_internalerror(self) -> None:
        """Say that the run is not complete."""
        self.interrupted = True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Complete the folder, write the pages, and give the exit status its meaning."""
        notes: list[str] = []
        peak = self.memory.stop() if self.memory else 0
        folder = Path(self.config.option.run_folder)
        if not self.writer and folder.parent == self.config.invocation_params.dir / REPORTS:
            with contextlib.suppress(OSError):  # made for this run, and nothing was to be run
                folder.rmdir()
        if self.writer:
            notes = self._unmatched_deviations()
            with contextlib.suppress(OSError):  # a full disk was said when it was met
                self.run = self.writer.finish(interrupted=self.interrupted, notes=notes, peak_memory=peak)
                write_pages(self.run)
                point_latest(self.run.folder)
        if self.unwritable:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        elif self.collection_failed:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif self.internal_error:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        elif self.stopped_at_failure or (notes and session.exitstatus == pytest.ExitCode.OK):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif self.resumed and self.run and self.run.complete:
            as_expected = all(result.expected for result in self.run.results)
            session.exitstatus = pytest.ExitCode.OK if as_expected else pytest.ExitCode.TESTS_FAILED
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED:
            self._say_what_is_new()

    def _say_what_is_new(self) -> None:
        """Say what about the environment is new, before pytest says what failed there."""
        new = novelty(self.facts.values(), read_described(self.plan.root / CASES / ENVIRONMENTS))
        if new and (terminal := self.config.pluginmanager.get_plugin("terminalreporter")):
            terminal.ensure_newline()
            terminal.write_line(new, yellow=True)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what came out for each implementation, and where the page is."""
        for reports in terminalreporter.stats.values():
            for report in reports:
                _mend_id(report)
        if self.run is None:
            return
        terminalreporter.section("conformance")
        width = shutil.get_terminal_size().columns
        for line in summary_in_colour(self.run, width) if terminalreporter.hasmarkup else summary_lines(self.run):
            terminalreporter.write_line(line)

    def _begin(self, nodeids: Iterable[str]) -> None:
        if self.writer or self.config.option.collectonly:
            return
        known = [self._known(nodeid) for nodeid in nodeids]
        collected = tuple(f"{pair[0].id}::{pair[1]}" for pair in known if pair)
        if not collected and not self.resumed:
            return
        try:
            self.facts = self.known.facts()
        except UnfitError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.INTERNAL_ERROR)
        folder = Path(self.config.option.run_folder)
        try:
            self.memory = PeakMemory()
            self.writer = RunWriter(folder, self._header(collected), self.resumed)
        except OSError as error:
            raise pytest.UsageError(f"{folder}: {error.strerror}: the run cannot be written") from None
        # A run that is killed leaves this page, which says that it is not complete and what is missing.
        begun = Run(folder, self.writer.header, tuple(self.writer.results))
        with contextlib.suppress(OSError):  # a full disk is said where a record is lost
            (folder / PAGE).write_text(page([begun]), encoding="utf-8")

    def _header(self, collected: tuple[str, ...]) -> Header:
        return Header(
            collected=collected,
            harness=version_of(_DISTRIBUTION),
            environments=self._environments(),
            threads=self.threads,
            options={
                "implementations": list(dict.fromkeys(each.given for each in self.plan.implementations)),
                "environments": list(self.plan.placed.environments),
                "names": list(self.plan.names),
            }
            | {
                # Whatever decides what is run or how it is judged: a resumed run does the rest in the same way.
                name: getattr(self.config.option, name)
                for name in ("baseline", "call_timeout", "isolation", "kernel_budget", "strict_support", "threads")
            },
            declared={each.name: said for each in self.plan.implementations if (said := each.declared.said())},
            command=_command(),
            dormant=self.known.dormant(),
        )

    def _environments(self) -> dict[str, Any]:
        """The facts of each environment, and in it those of the processes of each implementation."""
        places = dict.fromkeys(each.place for each in self.plan.implementations)
        return {
            place: environment_of(
                {each.name: self.facts[each.name] for each in self.plan.implementations if each.place == place}
            )
            for place in places
        }

    def _known(self, nodeid: str) -> tuple[Case, str] | None:
        """The case and the implementation's name that a node id of pytest means."""
        file, _, rest = nodeid.partition("::")
        name, _, implementation = rest.rpartition("::")
        case = self.index.get(((self.plan.root / file).resolve(), name))
        return (case, implementation) if case else None

    def _unmatched_deviations(self) -> list[str]:
        """In a full run every entry must speak of some case."""
        everything = {path.file for path in case_paths(self.plan.root / CASES, self.plan.root)}
        if self.writer is None or not everything <= self.plan.paths:
            return []
        whole = {
            f"{case.id}::{implementation.name}"
            for file in everything
            for case in self.plan.cases[file]
            for implementation in self.plan.implementations
        }
        if not whole <= set(self.writer.header.collected):
            return []
        cases = [case for file in everything for case in self.plan.cases[file]]
        entries = {entry.place: entry for each in self.plan.implementations for entry in self.known.of(each)}
        return [
            f"{entry.place} matches no case: {entry.entry.reason}"
            for entry in entries.values()
            if not any(map(entry.speaks_of, cases))
        ]


def _mend_id(report: object) -> None:
    """Keep pytest's summary from printing a stray `]`: it takes all after the first `[` of an id for params.

    Not earlier: what `--lf` keeps must be parsed as pytest parses it.
    """
    nodeid = getattr(report, "id", None)
    if nodeid is not None and nodeid.params and "]::" in nodeid.params:
        _, *names = str(nodeid).split("::")
        vars(report)["_id"] = replace(nodeid, names=tuple(names), params=None)  # there is no public way


def write_pages(run: Run) -> None:
    """Write `index.html`, `junit.xml` and `summary.md` of one run into its folder, the last also where CI shows it."""
    (run.folder / PAGE).write_text(page([run]), encoding="utf-8")
    (run.folder / JUNIT).write_text(document(run), encoding="utf-8")
    (run.folder / SUMMARY).write_text(summary(run), encoding="utf-8")
    if shown := os.environ.get(CI_SUMMARY):
        with Path(shown).open("a", encoding="utf-8") as stream:
            stream.write(summary(run))


def _command() -> str:
    """What was typed, as it can be typed again."""
    program = Path(sys.argv[0])
    name = ["python", "-m", program.parent.name] if program.name == "__main__.py" else [program.name]
    return shlex.join([*name, *sys.argv[1:]])
