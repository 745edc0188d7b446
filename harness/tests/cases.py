"""Cases for tests, from YAML text."""

from pathlib import Path
from textwrap import dedent
from typing import Final

from harness.spec.case import Case
from harness.spec.casefile import CasePath, load, read_file

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


def load_text(folder: Path, text: str | bytes, name: str = "x.yaml") -> tuple[list[Case], list[str]]:
    """Cases of one file with this text, and its problems without the file's name: `line:column: message`."""
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    found, problems = read_file(CasePath(name, file))
    return found, [f"{problem.line}:{problem.column}: {problem.message}" for problem in problems]


def case_file(*entries: str, defaults: str = "") -> str:
    """Text of a case file whose entries start at line 3 (line 4 where there are defaults)."""
    return "\n".join(
        ["op: Conv2DBackpropInput", *([f"defaults: {defaults}"] if defaults else []), "cases:", *entries, ""]
    )


def names(found: list[Case]) -> list[str]:
    """What the cases are called."""
    return [case.name for case in found]


SIZES = "input_sizes: [1, 4, 5, 2], filter: [2, 2, 2, 3]"


def entry(more: str = "", name: str = "a", padding: str = ", padding: SAME") -> str:
    return f"- {{id: {name}, {SIZES}{padding}{', ' if more else ''}{more}}}"


def expanded(folder: Path, *entries: str, defaults: str = "") -> list[str]:
    """Names of the cases of a file that is right."""
    found, problems = load_text(folder, case_file(*entries, defaults=defaults))
    assert problems == []
    return names(found)


def wrong(folder: Path, *entries: str) -> list[str]:
    """Problems of a file without their columns: `line: message`."""
    found, problems = load_text(folder, case_file(*entries))
    assert found == []
    return [f"{problem.split(':')[0]}:{problem.split(':', 2)[2]}" for problem in problems]
