"""Case files as pytest's collectors, and one case on one implementation as its item."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from harness.hosts.host import Caller
from harness.implementations import Implementation
from harness.oracle.evidence import MOST_BYTES, Evidence
from harness.pytest_plugin.environments import KNOWN
from harness.pytest_plugin.plan import PLAN
from harness.records import Result, Verdict
from harness.records.run_folder import EVIDENCE, evidence_name
from harness.report.failure import failure_text
from harness.runner import not_judged, run
from harness.spec.case import Case

CALLER: Final = pytest.StashKey[Caller]()


class UnexpectedResultError(Exception):
    """A result that is not as expected; pytest shows its text instead of a traceback."""


class CaseFile(pytest.File):
    """One YAML file."""

    def collect(self) -> Iterable[pytest.Item]:
        """One item for each case on each implementation."""
        for case, implementation in self.config.stash[PLAN].pairs(self.path):
            name = f"{case.name}::{implementation.name}"
            nodeid = f"{self.nodeid}::{name}"  # parsed as pytest parses the ids that --lf has kept
            yield CaseItem.from_parent(self, name=name, nodeid=nodeid, case=case, implementation=implementation)


class CaseItem(pytest.Item):
    """One case on one implementation."""

    def __init__(self, *, case: Case, implementation: Implementation, **pytest_arguments: Any) -> None:
        """Keep what to run; `result` is there once it ran."""
        super().__init__(**pytest_arguments)
        self.case = case
        self.implementation = implementation
        self.result: Result | None = None
        self.evidence: bytes | None = None
        self.internal_error = False
        for tag in case.tags:
            self.extra_keyword_matches.add(tag)

    @property
    def run_id(self) -> str:
        """The name of the result, as `run.json` lists it."""
        return f"{self.case.id}::{self.implementation.name}"

    def runtest(self) -> None:
        """Run; raise where the result is not as expected, xfail where a known deviation is why it is."""
        plan = self.config.stash[PLAN]
        budget = self.config.option.kernel_budget
        known = self.config.stash[KNOWN].of(self.implementation)
        where = f"{_as_typed(self.path, plan.root)}::{self.case.name}"
        caller = self.config.stash[CALLER]
        strict = self.config.option.strict_support
        try:
            result = run(self.case, self.implementation, known, budget, where, caller, self._keep, strict=strict)
        except Exception as error:
            self.internal_error = True
            why = f"the harness failed while it judged: {type(error).__name__}: {error}"
            self.result = not_judged(self.case, self.implementation, why)
            raise
        if plan.baseline:
            result = plan.baseline.pinned(result)
        self.result = result = replace(result, detects=plan.scores.get(self.case.id))
        if not result.expected:
            raise UnexpectedResultError(result.why)
        if result.verdict is Verdict.SKIPPED:
            pytest.skip(result.why)
        if result.deviation and result.verdict is not Verdict.CONFORMS:
            pytest.xfail(f"{result.verdict}, known: {result.deviation['place']}")
        if result.unclaimed:
            pytest.xfail(f"not supported: {result.unclaimed}")

    def _keep(self, evidence: Evidence) -> str | None:
        """Have the arrays of a failure written into the run folder; those of a large case are not kept."""
        if evidence.size > MOST_BYTES:
            return None
        self.evidence = evidence.to_bytes()
        return evidence_name(self.run_id)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A compact diff and the line that reproduces it, not a traceback through the harness."""
        # What xfails, too: pytest spends 0.2 s on a traceback that nobody sees. Anything else that pytest raises while
        # the case runs, such as a warning from elsewhere that counts as an error, shows as itself.
        if (
            self.result is not None
            and not self.internal_error
            and isinstance(excinfo.value, UnexpectedResultError | pytest.xfail.Exception)
        ):
            folder = _as_typed(Path(self.config.option.run_folder), self.config.invocation_params.dir)
            reproduce = self.result.reproduce.replace(f" {EVIDENCE}/", f" {folder}/{EVIDENCE}/")
            return failure_text(replace(self.result, reproduce=reproduce))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """File and line of the case, so that editors can jump there."""
        return self.path, self.case.source.line - 1, self.name


def _as_typed(file: Path, root: Path) -> str:
    """The file as someone standing in the root would type it."""
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
