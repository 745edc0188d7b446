"""Detection scores: how many mutants each shipped case is known to find, as `harness mutants --full` left them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FILE: Final = "detection.json"


def read_scores(cases: Path) -> dict[str, int]:
    """Scores by case id from the folder of the cases; none where they were never made."""
    try:
        return dict(json.loads((cases / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def write_scores(scores: Mapping[str, int], cases: Path) -> Path:
    """Write the scores, a case a line, and return the file's path."""
    file = cases / FILE
    file.write_text(json.dumps(dict(sorted(scores.items())), indent=0) + "\n", encoding="utf-8")
    return file
