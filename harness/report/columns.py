"""Rows as columns, for JSON: what repeats is written once. `assets/modules/blocks.js` reads it back."""

import base64
import gzip
import json
import math
from collections.abc import Sequence
from typing import Any, Final

from harness.report.failure import visible

DIGITS: Final = 4  # of a float: more than any reader compares, and half the size
_LEVEL: Final = 6


def block(values: Any) -> str:
    """A value of packed columns as JSON, compressed, in base64: letters that no page can mistake for markup."""
    text = json.dumps(values, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), _LEVEL, mtime=0)).decode("ascii")


def packed(values: Sequence[Any]) -> Any:
    """The column of some values of one kind.

    - null: every value is None
    - a list: the values
    - `{"words": [...], "at": [...]}`: each value by its place among the words
    - `{"keys": {name: column, ...}}`: mappings or dataclasses; `"has"` is 0 where there was None
    - `{"lengths": column, "items": column}`: lists of mappings, one after the other
    """
    kinds = set(map(type, values)) - {type(None)}
    if not kinds:
        return None
    if any(map(_is_mapping, kinds)):
        present = [value for value in values if value is not None]
        has = {"has": [int(value is not None) for value in values]} if len(present) < len(values) else {}
        return {"keys": _by_key(present)} | has
    if kinds <= {list, tuple}:
        if any(value and _is_mapping(type(value[0])) for value in values):
            rows = [value or () for value in values]
            items = [item for row in rows for item in row]
            return {"lengths": packed([len(row) for row in rows]), "items": packed(items)}
        values = [value if value is None else tuple(value) for value in values]
    return _words(values)


def _is_mapping(kind: type) -> bool:
    return kind is dict or hasattr(kind, "__dataclass_fields__")


def _by_key(rows: Sequence[Any]) -> dict[str, Any]:
    if not isinstance(rows[0], dict):
        return {visible(name): packed([getattr(row, name) for row in rows]) for name in rows[0].__dataclass_fields__}
    names = dict.fromkeys(name for row in rows for name in row)
    return {visible(name): packed([row.get(name) for row in rows]) for name in names}


def _words(values: Sequence[Any]) -> Any:
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    if 2 * len(places) > len(values):
        return list(map(plain_json, values))
    return {"words": list(map(plain_json, places)), "at": list(map(places.__getitem__, values))}


def plain_json(value: Any) -> Any:
    """A value as strict JSON has it: floats with `DIGITS` digits, non-finite ones by name, strings made visible."""
    match value:
        case str():
            return visible(value)
        case float():
            if not math.isfinite(value):
                return _NAMES[str(value)]
            rounded = float(f"{value:.{DIGITS}g}")
            return rounded if math.isfinite(rounded) else value  # the largest float is no infinity
        case list() | tuple():
            return [plain_json(item) for item in value]
        case dict():
            return {visible(str(key)): plain_json(item) for key, item in value.items()}
        case _:
            return value


_NAMES: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
