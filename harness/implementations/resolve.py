"""From what the user wrote after `-i` to an implementation, and from there to its callable."""

import ast
import importlib.util
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from harness.errors import InvalidInputError
from harness.implementations import UNDECLARED, Implementation
from harness.implementations.declared import declared_of, profile_of
from harness.implementations.frameworks import (
    ANY_WORDING,
    NAMED,
    PROBLEMS,
    THREADS,
    file_of,
    header_of,
    implementations_of,
)
from harness.spec.schema import nearest
from harness.versions import MISSING, version_of

BUILT_IN: Final = NAMED
MUTANT: Final = "mutant:"


def resolve(given: Iterable[str]) -> list[Implementation]:
    """Implementations by name, `module:callable`, `path/to/file.py:callable` or `NAME=` either of the last two.

    `mutant:NAME` is one that is wrong on purpose. Nothing else is imported. Raises InvalidInputError with everything
    that can be seen to be wrong without importing.
    """
    found: dict[str, Implementation] = {}
    problems: list[str] = []
    for text in given:
        try:
            for implementation in _resolved(text):
                first = found.setdefault(implementation.name, implementation)
                if first.target != implementation.target:
                    problems.append(f"two implementations are called {first.name!r}: give one a name: NAME={text}")
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise InvalidInputError(problems)
    return list(found.values())


def check_installed(implementations: Iterable[Implementation]) -> None:
    """See that what implementations need is there. Raises InvalidInputError, with what to install in a line each."""
    missing: dict[str, list[str]] = {}
    for each in implementations:
        if each.needs and version_of(each.needs) == MISSING:
            what = f"{each.needs}, which is not installed: pip install {each.install}"
            missing.setdefault(what, []).append(each.name)
    if missing:
        plural = {True: "needs", False: "need"}
        raise InvalidInputError(
            f"{', '.join(names)} {plural[len(names) == 1]} {what}" for what, names in missing.items()
        )


def threads_environment(threads: int) -> dict[str, str]:
    """What a process must have in its environment to compute on so many threads."""
    return dict.fromkeys((*THREADS, "OMP_NUM_THREADS"), str(threads))


def with_threads(implementation: Implementation, threads: int) -> Implementation:
    """The same implementation, in hosts that have a number of intra-op threads of their own."""
    return replace(
        implementation,
        name=f"{implementation.name}:{threads}-threads",
        environment={**implementation.environment, **threads_environment(threads)},
        options=("--threads", str(threads)),
        known_as=implementation.name,
    )


def _resolved(text: str) -> list[Implementation]:
    if text in BUILT_IN:
        return [BUILT_IN[text]]
    if text.startswith(MUTANT):
        return [_mutant(text)]
    name, separator, target = text.rpartition("=")
    if separator and not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        raise ValueError(f"implementation {text!r}: a name is made of letters, digits, '.', '_' and '-'")
    if separator and target in BUILT_IN:
        return [replace(BUILT_IN[target], name=name, given=text)]
    place, colon, attribute = (target, "", "") if target.endswith(".py") else target.rpartition(":")
    if place.endswith(".py") and (found := _of_framework(Path(place).resolve(), attribute, name, text)):
        return found
    if not colon or not attribute.isidentifier():
        meant = nearest(text, BUILT_IN) or "; there are also module:callable and path/to/file.py:callable"
        raise ValueError("; ".join([f"unknown implementation {text!r}{meant}", *PROBLEMS]))
    return [_callable(place, attribute, name, text)]


def _callable(place: str, attribute: str, name: str, text: str) -> Implementation:
    """A callable of a file or a module that has no header, with what is declared beside it."""
    if place.endswith(".py"):
        file: Path | None = Path(place).resolve()
        _check_file(cast("Path", file), attribute, text)
        target, default = f"{file}:{attribute}", f"{Path(place).name}:{attribute}"
    else:
        if importlib.util.find_spec(place.partition(".")[0]) is None:
            raise ValueError(f"implementation {text!r}: there is no module {place!r}")
        file = file_of(place)
        target = default = f"{place}:{attribute}"
    try:
        declared = declared_of(file, attribute) if file else UNDECLARED
    except ValueError as error:
        raise ValueError(f"implementation {text!r}: {error}") from None
    summary = f"callable {attribute} of {place}"
    profile = profile_of(declared)
    return Implementation(
        name or default, target, text, summary, profile=profile, declared=declared, wording=ANY_WORDING
    )


def _of_framework(file: Path, attribute: str, name: str, text: str) -> list[Implementation]:
    """The paths of a file that has a framework's header: the one of that name or callable, or all; none without one."""
    try:
        header = header_of(file)
    except OSError as error:
        raise ValueError(f"implementation {text!r}: {error.strerror}") from None
    except SyntaxError as error:
        raise ValueError(f"implementation {text!r}: line {error.lineno}: {error.msg}") from None
    paths = implementations_of(header, str(file)) if header else {}
    meant = [
        replace(each, name=name or each.name, given=text if attribute else f"{text}:{each.name}", known_as=each.name)
        for each in paths.values()
        if attribute in ("", each.name, each.target.rpartition(":")[2])
    ]
    if name and len(meant) > 1:
        raise ValueError(f"implementation {text!r}: {file.name} has {', '.join(paths)}: say which, as in {text}:NAME")
    return meant


def mutants() -> list[Implementation]:
    """Every mutant as an implementation of its own."""
    from harness.implementations.mutants import MUTANTS  # noqa: PLC0415 -- numpy, which naming others does not need

    package = "harness.implementations.mutants"
    return [
        Implementation(f"{MUTANT}{name}", f"{package}:{name}", f"{MUTANT}{name}", f"wrong on purpose: {mutant.mistake}")
        for name, mutant in MUTANTS.items()
    ]


def _mutant(text: str) -> Implementation:
    from harness.implementations.mutants import blocks  # noqa: PLC0415 -- as above

    known = {mutant.name: mutant for mutant in mutants()}
    if text not in known and (blocked := blocks.named(text.removeprefix(MUTANT))):
        target = f"harness.implementations.mutants:{blocked.name}"
        return Implementation(text, target, text, f"wrong on purpose: {blocked.mistake}")
    if text not in known:
        raise ValueError(f"unknown mutant {text!r}{nearest(text, known)}")
    return known[text]


def _check_file(file: Path, attribute: str, text: str) -> None:
    """Look whether the callable is there, without running the file."""
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except OSError as error:
        raise ValueError(f"implementation {text!r}: {error.strerror}") from None
    except SyntaxError as error:
        raise ValueError(f"implementation {text!r}: line {error.lineno}: {error.msg}") from None
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    names |= {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
    }
    if attribute not in names and "*" not in names:
        raise ValueError(f"implementation {text!r}: no {attribute!r} in {file.name}{nearest(attribute, names)}")
