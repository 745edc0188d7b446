"""Cases back to YAML: the text of a case file, as a person would write it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

OP: Final = "Conv2DBackpropInput"
_ENDLESS: Final = 2**31  # columns, so that a list stays on its line


def case_file_text(
    description: str, defaults: Mapping[str, Any], entries: Iterable[tuple[Mapping[str, Any], Iterable[str]]]
) -> str:
    """Text of a case file: entries as the keys of a case and the comments above it, keys in the order given."""
    lines = [f"op: {OP}", f"description: {_flow(description)}"]
    if defaults:
        lines.append(f"defaults: {_flow(dict(defaults))}")
    lines.append("cases:")
    for entry, comments in entries:
        lines += [f"  # {comment}" for comment in comments]
        said = [f"{key}: {_flow(value)}" for key, value in entry.items()]
        lines += [f"  - {said[0]}", *(f"    {line}" for line in said[1:])]
    return "\n".join([*lines, ""])


def _flow(value: Any) -> str:
    """One value on one line; inside a list, so that a plain scalar needs no end marker."""
    text: str = yaml.safe_dump([value], default_flow_style=True, width=_ENDLESS, sort_keys=False, allow_unicode=True)
    return text.strip()[1:-1]
