"""What a call computes, shown on one element: extents with their rules, taps, and its sum in three forms."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from harness.errors import InvalidInputError
from harness.records.run_folder import REPORTS
from harness.report.playground import playground
from harness.spec.case import Case
from harness.studies.explain.choice import chosen_element, geometry_of, named_case, with_settings
from harness.studies.explain.lines import explanation
from harness.studies.explain.page import beginning, failing


def explain(case_id: str, element: str | None, settings: Sequence[str], root: Path, width: int) -> list[Text]:
    """Lines for a terminal of `width` columns. `element` is `n,h,w,c`, `settings` are `key=value` of a case file.

    Raises InvalidInputError, and NothingMatchedError where there is no such case.
    """
    case, count = _chosen(case_id, settings, root)
    geometry = geometry_of(case)
    lines = list(explanation(case, geometry, chosen_element(geometry, element), width))
    if count > 1:
        lines.insert(0, Text(f"The first of {count:,} cases of that name:", "dim"))
    return lines


def explain_page(case_id: str, element: str | None, settings: Sequence[str], evidence: Path | None, root: Path) -> str:
    """The playground opened on the same element; with `evidence` on the worst one of the call that failed.

    Raises what `explain` raises, and OSError where `evidence` cannot be read.
    """
    case, _ = _chosen(case_id, settings, root)
    geometry = geometry_of(case)
    chosen = chosen_element(geometry, element)
    if chosen is None:
        raise InvalidInputError([f"{case.id}: in_backprop has no elements, so there is nothing to step through"])
    if evidence:
        return playground(failing(case, geometry, _found(evidence, root / REPORTS), chosen if element else None))
    return playground(beginning(case, geometry, chosen))


def _found(file: Path, reports: Path) -> Path:
    """The file itself, or that of the newest run that has one of this name, as `harness run --evidence` takes it."""
    runs = sorted((run for run in reports.glob("*/") if not run.is_symlink()), reverse=True)
    found = next((place for place in (file.resolve(), *(run / file for run in runs)) if place.is_file()), None)
    if not found:
        raise InvalidInputError([f"{file}: no such file, and no run in {reports.name} has it"])
    return found


def _chosen(case_id: str, settings: Sequence[str], root: Path) -> tuple[Case, int]:
    named, count = named_case(case_id, root)
    return with_settings(named, settings), count
