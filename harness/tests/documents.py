"""The documents, and the conventions of their fences.

`sh`: run line by line in a copy of the checkout; `# exit status 4` at the end says that a line does not end with 0.
`text` right below it: the whole output, in which `...` stands for anything, a line of it for any lines, and a number
with a point or an exponent for any number. `make` is only looked up, except where its output is shown: then it runs a
few cases. `python`: all of a document in one namespace and one process, after its commands. `yaml`: a whole file, a
list of cases or known deviations; `text` right below it: the names of its cases. A first line `# name.py` or
`# name.yaml` makes a file of the block, for the commands below it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.tests.processes import ROOT

DOCUMENTS: Final = tuple(
    file.relative_to(ROOT).as_posix()
    for file in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
)
LANGUAGES: Final = {"sh", "python", "yaml", "text"}


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences. `above` is the block right above it; `line` counts from 1."""

    language: str
    text: str
    line: int
    above: "Block | None"

    @property
    def file(self) -> str | None:
        named = re.match(r"# ([\w./-]+\.(?:py|yaml))\n", self.text)
        return named[1] if named and self.language in {"python", "yaml"} else None

    @property
    def commands(self) -> Iterator[tuple[str, int]]:
        """Commands, each with the exit status it is to have."""
        for line in self.text.replace("\\\n", " ").splitlines():
            command, _, status = line.partition("    # exit status ")
            if command.strip() and not command.startswith("#"):
                yield command.strip(), int(status or 0)


def blocks_of(text: str) -> list[Block]:
    blocks: list[Block] = []
    end = 0
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        above = blocks[-1] if blocks and not text[end : found.start()].strip() else None
        blocks.append(Block(found[1], found[2], text.count("\n", 0, found.start()) + 2, above))
        end = found.end()
        assert found[1] in LANGUAGES, f"line {blocks[-1].line - 1}: {found[1]!r} is not one of {LANGUAGES}"
    assert len(re.findall("^ *```", text, re.MULTILINE)) == 2 * len(blocks), "a fence is indented or not closed"
    return blocks


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")
