"""The case files that are generated: by what a kernel must know to run them."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from harness.spec.casetext import case_file_text
from harness.studies import block_cases, size_cases
from harness.studies.drawn import Call
from harness.studies.generated import entry_of

SCHEMA: Final = "# yaml-language-server: $schema=../../harness/spec/case.schema.json\n"
SLOW: Final = 2**24  # multiply-adds from which on float64, whose reference is dear, runs on integers alone
KINDS: Final[dict[str, tuple[str, Callable[[dict[str, str]], bool]]]] = {
    "dilated": ("under a dilation", lambda levels: levels["dilation"] != "1"),
    "nchw": ("in NCHW", lambda levels: levels["layout"] == "NCHW"),
    "grouped": ("in groups", lambda levels: levels["groups"] != "1"),
    "plain": ("in NHWC, undilated and in one group", lambda _: True),
}


def block_files() -> dict[str, str]:
    """Text of `blocks-*.yaml`, by file name."""
    description = "Parts of blocks of 4, 8, 16, 32 and 64, each under every level of every trait: calls"
    return files(block_cases.chosen(), "blocks", description, "harness mutants --choose")


def size_files() -> dict[str, str]:
    """Text of the full suite's `sizes-*.yaml`, by file name."""
    description = "Every size class with every two levels, and with every other size class: calls"
    return files(size_cases.chosen(), "sizes", description, "harness coverage --choose")


def files(calls: Iterable[Call], name: str, description: str, generated_by: str) -> dict[str, str]:
    """Text of each file, by its name; `description` ends where it is said of which kind the calls are."""
    sorted_: dict[str, list[Call]] = {kind: [] for kind in KINDS}
    for call in dict.fromkeys(calls):
        levels = call.levels
        sorted_[next(kind for kind, (_, holds) in KINDS.items() if holds(levels))].append(call)
    head = f"{SCHEMA}# Generated: {generated_by}\n"
    return {
        f"{name}-{kind}.yaml": head
        + case_file_text(f"{description} {KINDS[kind][0]}.", {"tags": [name]}, _entries(own))
        for kind, own in sorted_.items()
    }


def _entries(calls: Iterable[Call]) -> list[tuple[dict[str, Any], list[str]]]:
    entries = [(_entry(call), call.geometry.multiply_adds) for call in calls]
    return [(entry, []) for entry, _ in sorted(entries, key=lambda each: (each[1], each[0]["id"]))]


def _entry(call: Call) -> dict[str, Any]:
    is_slow = call.attributes.dtype == "float64" and call.geometry.multiply_adds > SLOW
    return entry_of(call) | ({"data": ["witness"]} if is_slow else {})


def write_files(texts: dict[str, str], folder: Path) -> list[Path]:
    """Write the files; return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]
