"""Detection scores: how many mutants each shipped case is known to find, as `harness mutants --full` left them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError

FILE: Final = "detection.json"


def read_scores(cases: Path) -> dict[str, int]:
    """Scores by case id from the folder of the cases; none where they were never made.

    Raises InvalidInputError where the file holds something else.
    """
    file = cases / FILE
    try:
        scores = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InvalidInputError([f"{file}: {error}"]) from None
    if not isinstance(scores, dict) or not all(isinstance(score, int) for score in scores.values()):
        raise InvalidInputError([f"{file}: not a mapping of case ids to numbers"])
    return scores


def write_scores(scores: Mapping[str, int], cases: Path) -> Path:
    """Write the scores, a case a line, and return the file's path."""
    file = cases / FILE
    file.write_text(json.dumps(dict(sorted(scores.items())), indent=0) + "\n", encoding="utf-8")
    return file
