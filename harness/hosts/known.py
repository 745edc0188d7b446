"""What is known of an implementation."""

from pathlib import Path

from harness.hosts.measuring import Measuring
from harness.implementations import Implementation
from harness.spec.deviations import FOLDER, KnownDeviation, awake, read_deviations
from harness.spec.selection import CASES


def known_deviations(implementation: Implementation, root: Path) -> list[KnownDeviation]:
    """Its known deviations, those that are dormant where it runs among them; `root` has the cases.

    Raises InvalidInputError for a file that is not well-formed.
    """
    name = implementation.known_as or implementation.name
    return read_deviations(root / CASES / FOLDER / f"{name}.yaml")


def known_here(implementation: Implementation, root: Path) -> list[KnownDeviation]:
    """Its known deviations that are awake in a process of its own, which is asked what it is.

    Raises InvalidInputError for a file that is not well-formed, UnfitError where no process can be asked.
    """
    known = known_deviations(implementation, root)
    return awake(known, Measuring().facts(implementation)) if known else []
