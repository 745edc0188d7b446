"""Cases for tests, from YAML text."""

from pathlib import Path
from textwrap import dedent
from typing import Final

from harness.spec.case import Case
from harness.spec.casefile import CasePath, load

HEAD: Final = "op: Conv2DBackpropInput\n"
PLAIN: Final = HEAD + dedent("""\
    defaults: {padding: SAME}
    cases:
      - {id: plain, covers: [C1], input_sizes: [1, 5, 4, 2], filter: [3, 2, 2, 3]}
      - {id: strided, input_sizes: [2, 5, 4, 2], filter: [3, 2, 2, 3], matrix: {strides: [2, [1, 3]]}}
      - {id: typed, input_sizes: [1, 4, 4, 1], filter: [2, 2, 1, 1], dtype: [half, bfloat16, float64, int32]}
    """)
REJECTS: Final = HEAD + dedent("""\
    cases:
      - id: zero-stride
        input_sizes: [1, 4, 4, 1]
        filter: [2, 2, 1, 1]
        out_backprop: [1, 3, 3, 1]
        strides: [1, 0, 0, 1]
        padding: VALID
        expect: rejects
    """)


def write(folder: Path, text: str, name: str = "cases.yaml") -> Path:
    """Write a case file and return its path."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def cases_of(folder: Path, text: str) -> list[Case]:
    """Cases that a YAML text expands to."""
    return load([CasePath("cases.yaml", write(folder, text))])
