"""Known deviations for tests, from YAML text."""

from pathlib import Path
from typing import Final

from harness.facts import Facts
from harness.spec.deviations import KnownDeviation, awake, read_deviations

REASON: Final = "reason: a reason long enough to be one"


def entries(folder: Path, text: str, version: str = "2.21.0") -> list[KnownDeviation]:
    """Entries of a file with this text that are awake with this TensorFlow."""
    file = folder / "known_deviations" / "tf.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return awake(read_deviations(file), Facts(packages={"tensorflow": version}))
