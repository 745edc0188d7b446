"""What is known of an implementation."""

from pathlib import Path

from harness.implementations import Implementation
from harness.spec.deviations import FOLDER, KnownDeviation, read_deviations
from harness.spec.selection import CASES
from harness.versions import version_of


def known_deviations(implementation: Implementation, root: Path) -> list[KnownDeviation]:
    """Its known deviations that hold for the TensorFlow that is installed; `root` has the cases.

    Raises InvalidInputError for a file that is not well-formed.
    """
    name = implementation.known_as or implementation.name
    return read_deviations(root / CASES / FOLDER / f"{name}.yaml", version_of("tensorflow"))
