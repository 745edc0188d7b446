"""Which implementation runs in which of the environments that a run names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeAlias

from harness.errors import InvalidInputError
from harness.facts import HERE
from harness.hosts.interpreters import Interpreter, installed, interpreter_of, unfit
from harness.implementations import Implementation

_Meant: TypeAlias = tuple[Implementation, str, list[Interpreter]]  # with its pin, and where it may run
_PINNED: Final = re.compile(r"(.+)\[([A-Za-z0-9._-]+)\]")


@dataclass(frozen=True, slots=True)
class Placed:
    """Implementations, each in its environment; `notes` say which make no item where.

    `environments` are those of the run as `-e` names them, `packages` what was found in each that was asked.
    """

    implementations: tuple[Implementation, ...]
    notes: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    packages: Mapping[str, tuple[str, ...]] | None = None


def pinned(text: str) -> tuple[str, str]:
    """An implementation, and the environment behind it in brackets; empty where there is none."""
    match = _PINNED.fullmatch(text)
    return (match[1], match[2]) if match else (text, "")


def place(
    pins: Sequence[tuple[Implementation, str]],
    named: Iterable[str],
    home: Path,
    known: Mapping[str, tuple[str, ...]] | None = None,
) -> Placed:
    """Put each implementation into the environment it is pinned to, else into each of `named` that has its package.

    `known` is what another process found out of the packages. Raises InvalidInputError for an environment that is
    none, and for an implementation that runs nowhere.
    """
    named = list(dict.fromkeys(named))
    if not named and not any(pin for _, pin in pins):
        return Placed(tuple(implementation for implementation, _ in pins))
    environments = _interpreters(dict.fromkeys([*named, *_unnamed(pins, named)]), home)
    every = [environments[_name(text)] for text in named] or [Interpreter(HERE)]
    packages = dict(known or _packages(environments.values(), [each.needs for each, _ in pins if each.needs]))
    meant = [
        (
            implementation,
            pin,
            [environments[pin]] if pin else [Interpreter(HERE)] if _only_here(implementation) else every,
        )
        for implementation, pin in pins
    ]
    found = [
        (implementation, pin, each)
        for implementation, pin, places in meant
        for each in places
        if not implementation.needs or implementation.needs in packages[each.name]
    ]
    placed = {(implementation.name, pin, each.name) for implementation, pin, each in found}
    notes = _notes(meant, placed)
    several = len({each.name for _, _, each in found}) > 1
    return Placed(
        tuple(_in(implementation, each, pin, several=several) for implementation, pin, each in found),
        notes,
        tuple(environments[_name(text)].given for text in named),
        packages,
    )


def _notes(meant: Iterable[_Meant], placed: set[tuple[str, str, str]]) -> tuple[str, ...]:
    """A line for each package that an environment lacks. Raises InvalidInputError for what runs nowhere."""
    lacking: dict[tuple[str, str | None], list[str]] = {}
    nowhere: list[str] = []
    for implementation, pin, places in meant:
        without = [each for each in places if (implementation.name, pin, each.name) not in placed]
        if len(without) == len(places):
            among = ", ".join(each.name for each in places)
            nowhere.append(f"{implementation.name} runs nowhere: {implementation.needs} is not installed in {among}")
        for each in without:
            lacking.setdefault((each.name, implementation.needs), []).append(implementation.name)
    if nowhere:
        raise InvalidInputError(nowhere)
    return tuple(
        f"{name} has no {package}: {', '.join(of)} make no item there" for (name, package), of in lacking.items()
    )


def _name(text: str) -> str:
    return text.partition("=")[0]


def _unnamed(pins: Iterable[tuple[Implementation, str]], named: Iterable[str]) -> list[str]:
    """Environments that an implementation is pinned to, and that no `-e` names: created ones, or the harness's own."""
    names = set(map(_name, named))
    return [pin for _, pin in pins if pin and pin not in names]


def _interpreters(texts: Iterable[str], home: Path) -> dict[str, Interpreter]:
    found: dict[str, Interpreter] = {}
    problems: list[str] = []
    for text in texts:
        try:
            each = interpreter_of(text, home)
            if found.setdefault(each.name, each) != each:
                problems.append(f"-e {text}: two environments are called {each.name!r}")
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise InvalidInputError(problems)
    return found


def _packages(environments: Iterable[Interpreter], packages: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The packages that each environment has. Raises InvalidInputError where no call can be made in one."""
    packages = list(dict.fromkeys(packages))
    found: dict[str, tuple[str, ...]] = {HERE: tuple(name for name in packages if find_spec(name))}
    problems: list[str] = []
    for each in environments:
        if each.name == HERE:
            continue
        try:
            there = installed(each, packages)
            problems += filter(None, [unfit(each, there)])
            found[each.name] = tuple(there.packages)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise InvalidInputError(problems)
    return found


def _only_here(implementation: Implementation) -> bool:
    """Whether it is the harness's own, which needs all that the harness needs."""
    return not implementation.needs and implementation.target.startswith("harness.")


def _in(implementation: Implementation, environment: Interpreter, pin: str, *, several: bool) -> Implementation:
    name, given = implementation.name, implementation.given
    return replace(
        implementation,
        name=f"{name}[{environment.name}]" if several else name,
        given=f"{given}[{pin}]" if pin else given,
        interpreter=environment.python,
        place=environment.name,
        options=(*implementation.options, "-e", environment.given),
        known_as=implementation.known_as or name,
    )
