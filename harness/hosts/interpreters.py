"""Environments that a run names: which Python each of them is, and what is installed there.

Nothing is imported there to find out: a process says which packages it would find.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.facts import HERE
from harness.spec.schema import nearest_name

CREATED: Final = ".environments"  # a folder where one stands, for those that `harness environments create` makes
OLDEST: Final = (3, 10)  # Python that the other side of a host runs under
NEEDED: Final = ("numpy", "ml_dtypes")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LIMIT: Final = 120.0  # seconds
_PROBE: Final = """
import importlib.util, json, sys
from importlib.metadata import PackageNotFoundError, version
sys.path[:] = filter(None, sys.path)
def asked(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
found = {name: asked(name) for name in sys.argv[1:] if importlib.util.find_spec(name)}
print(json.dumps({"python": list(sys.version_info[:3]), "packages": found}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An environment by its name.

    `python` is a path, empty for the one that the harness is in; `given` is what names it after `-e`.
    """

    name: str
    python: str = ""
    given: str = HERE


@dataclass(frozen=True, slots=True)
class Installed:
    """What an interpreter has: its version, and packages with theirs, empty where none is said."""

    python: tuple[int, ...]
    packages: Mapping[str, str]


def interpreter_of(text: str, home: Path) -> Interpreter:
    """An environment from `NAME=PATH` (a Python, or the folder of a virtual environment), a created one's name or here.

    Raises ValueError where there is none.
    """
    name, separator, place = text.partition("=")
    if not NAME.fullmatch(name):
        raise ValueError(f"-e {text}: a name is made of letters, digits, '.', '_' and '-'")
    if name == HERE and separator:
        raise ValueError(f"-e {text}: {HERE!r} is the environment that the harness is in: give this one another name")
    if name == HERE:
        return Interpreter(HERE)
    folder = Path(place).expanduser() if separator else home / CREATED / name
    if python := python_in(folder):
        # Not resolved: that it is a link is how a virtual environment is known.
        return Interpreter(name, str(python.absolute()), f"{name}={folder.absolute()}" if separator else name)
    if separator:
        raise ValueError(f"-e {text}: {folder} is neither a Python nor the folder of a virtual environment")
    meant = nearest_name(name, [folder.name for folder in created(home)])
    hint = f"; did you mean {meant!r}?" if meant else f"; -e {name}=PATH names one, `harness environments` lists them"
    raise ValueError(f"-e {text}: no environment of that name was created{hint}")


def python_in(place: Path) -> Path | None:
    """The interpreter that a path means, if it means one."""
    candidates = [place / "bin" / name for name in ("python", "python3")] if place.is_dir() else [place]
    return next((each for each in candidates if each.is_file() and os.access(each, os.X_OK)), None)


def created(home: Path) -> list[Path]:
    """Folders of the environments that were made where one stands."""
    return sorted(each for each in (home / CREATED).glob("*") if (each / "pyvenv.cfg").is_file())


def installed(interpreter: Interpreter, packages: Iterable[str]) -> Installed:
    """Ask an interpreter for its version and for packages. Raises ValueError where it does not answer."""
    command = [interpreter.python, "-c", _PROBE, *NEEDED, *packages]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LIMIT)  # noqa: S603 -- the user's own
        values = json.loads(answer.stdout)
        return Installed(tuple(values["python"]), dict(values["packages"]))
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(f"-e {interpreter.given}: {error}") from None
    except (KeyError, TypeError, ValueError):
        said = (answer.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise ValueError(f"-e {interpreter.given}: that is no Python that can be used: {said}") from None


def unfit(interpreter: Interpreter, found: Installed) -> str | None:
    """Why no call can be made there, or None."""
    if found.python < OLDEST:
        return f"-e {interpreter.given}: Python {_dotted(found.python)}, and calls need {_dotted(OLDEST)} or newer"
    if lacking := [name for name in NEEDED if name not in found.packages]:
        install = f"{interpreter.python} -m pip install {' '.join(lacking)}"
        return f"-e {interpreter.given}: {' and '.join(lacking)} must be there, too: {install}"
    return None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
