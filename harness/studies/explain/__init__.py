"""What a call computes, shown on one element: extents with their rules, taps, and its sum in three forms."""

from pathlib import Path

from rich.text import Text

from harness.studies.explain.choice import chosen_element, geometry_of, named_case, with_settings
from harness.studies.explain.lines import explanation


def explain(case_id: str, element: str | None, settings: list[str], root: Path, width: int) -> list[Text]:
    """Lines for a terminal of `width` columns. `element` is `n,h,w,c`, `settings` are `key=value` of a case file.

    Raises InvalidInputError, and NothingMatchedError where there is no such case.
    """
    named, count = named_case(case_id, root)
    case = with_settings(named, settings)
    geometry = geometry_of(case)
    lines = list(explanation(case, geometry, chosen_element(geometry, element), width))
    if count > 1:
        lines.insert(0, Text(f"The first of {count:,} cases of that name:", "dim"))
    return lines
