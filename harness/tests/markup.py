"""A page taken apart: its elements, and its blocks as the page's script reads them."""

import base64
import gzip
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import accumulate, pairwise
from typing import Any

import pytest


def read_block(text: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(text)), parse_constant=pytest.fail)


def unpacked(column: Any, length: int) -> list[Any]:
    """The values of a column, as `assets/modules/blocks.js` has them."""
    match column:
        case None:
            return [None] * length
        case list():
            return column
        case {"words": words, "at": at}:
            return [words[place] for place in at]
        case {"keys": keys, **rest}:
            has: Any = rest.get("has", [1] * length)
            columns = {key: iter(unpacked(values, sum(has))) for key, values in keys.items()}
            return [{key: next(values) for key, values in columns.items()} if one else None for one in has]
        case {"lengths": lengths, "items": items}:
            ends = [0, *accumulate(unpacked(lengths, length))]
            flat = unpacked(items, ends[-1])
            return [flat[start:end] for start, end in pairwise(ends)]
        case _:
            pytest.fail(f"no column: {column!r}")


class Markup(HTMLParser):
    """Every element of a page with its attributes, the text of all, and those of the first line and of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.inside = ""
        self.of: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in {"h1", "title", "script"}:
            self.inside = str(dict(attrs).get("id", tag))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"h1", "title", "script"}:
            self.inside = ""

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        self.of[self.inside] = self.of.get(self.inside, "") + data

    @property
    def text(self) -> str:
        return "".join(text for text in self.texts if text not in self.of.values())

    def block(self, name: str) -> Any:
        return read_block(self.of[f"block-{name}"])

    def attributes(self, *names: str) -> Iterator[str]:
        return (value or "" for _, attrs in self.elements for name, value in attrs.items() if name in names)
