"""Virtual environments that are made where one stands, in a folder that git ignores."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.facts import HERE
from harness.hosts.interpreters import CREATED, NAME, NEEDED, created


def create(name: str, requirements: Sequence[str], home: Path, python: str = sys.executable) -> Path:
    """Make an environment with these requirements and what every call needs; pip writes to the terminal.

    `python` makes it, and is what it has. Raises ValueError for a name that cannot be or is taken, and where making it
    fails: then nothing is left of it.
    """
    folder = home / CREATED / name
    if not NAME.fullmatch(name) or name == HERE:
        raise ValueError(f"{name!r} cannot be its name: letters, digits, '.', '_' and '-', and not {HERE!r}")
    if folder.exists():
        raise ValueError(f"{name} is there already: {folder}; `harness environments remove {name}` removes it")
    folder.parent.mkdir(exist_ok=True)
    (folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    try:
        for command in ([python, "-m", "venv", str(folder)], [*pip, *requirements, *NEEDED]):
            subprocess.run(command, check=True)  # noqa: S603 -- what the user asked for
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ValueError(f"{name} could not be made: {shlex.join(error.cmd)} ended with {error.returncode}") from None
    except OSError as error:
        raise ValueError(f"{name} could not be made: {error}") from None
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def remove(name: str, home: Path) -> Path:
    """Remove one that was made. Raises ValueError where there is none."""
    folder = home / CREATED / name
    if folder not in created(home):
        raise ValueError(f"{name}: no environment of that name was created")
    shutil.rmtree(folder)
    return folder


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(
        os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 -- tens of thousands of files
        for place, _, names in os.walk(folder)
        for name in names
    )
