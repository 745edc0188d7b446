"""The files of `assets`: their text, and scripts joined from modules."""

import re
from functools import cache
from pathlib import Path
from posixpath import dirname, normpath
from typing import Final

ASSETS: Final = Path(__file__).with_name("assets")


@cache
def asset(name: str) -> str:
    """Text of one file."""
    return (ASSETS / name).read_text(encoding="utf-8")


def files(pattern: str) -> list[str]:
    """Names of the files that match, in order."""
    return sorted(file.relative_to(ASSETS).as_posix() for file in ASSETS.glob(pattern))


def script(*names: str) -> str:
    """Some files and all that they import as one script: each has a scope of its own and shares what it exports."""
    return f'"use strict";\n(() => {{\n{joined(*names)}}})();\n'


@cache
def joined(*names: str) -> str:
    """The text of that script without the function around it.

    `import` lines only order the modules here, so that each file is one that other tools can read.
    """
    texts: dict[str, str] = {}

    def join(file: str) -> None:
        if file not in texts:
            texts[file] = ""  # what imports in a circle would otherwise never end
            for imported in re.findall(r'^import .* from "(\.{1,2}/[\w/.-]+\.js)";$', asset(file), re.MULTILINE):
                join(normpath(f"{dirname(file)}/{imported}"))
            del texts[file]
            texts[file] = _scoped(asset(file))

    for name in names:
        join(name)
    return "".join(texts.values())


def _scoped(module: str) -> str:
    """A module as a block, of which only what it exports is seen outside."""
    exported = ", ".join(re.findall(r"^export (?:const|class) (\w+)", module, re.MULTILINE))
    text = re.sub(r"^(import .*\n|export )", "", module, flags=re.MULTILINE)
    return (
        f"const {{ {exported} }} = (() => {{\n{text}return {{ {exported} }};\n}})();\n"
        if exported
        else f"{{\n{text}}}\n"
    )
