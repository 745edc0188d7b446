"""Commands about the interpreters that a run can be made in, beside the one that the harness is in."""

import platform
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import InvalidInputError
from harness.facts import HERE
from harness.hosts.created import create as make
from harness.hosts.created import remove as unmake
from harness.hosts.created import size_of
from harness.hosts.interpreters import NEEDED, Interpreter, created, installed, python_in, unfit
from harness.implementations.resolve import BUILT_IN
from harness.versions import version_of

app = typer.Typer(help="Environments that `harness run -e NAME` runs in: list them, create and remove them.")


@app.callback(invoke_without_command=True)
def environments(context: typer.Context) -> None:
    """List the environment of the harness and those that were created, with what is installed there."""
    if context.invoked_subcommand:
        return
    packages = _packages()
    here = {name: version_of(name) for name in (*NEEDED, *packages) if find_spec(name)}
    typer.echo(_line(HERE, platform.python_version(), here))
    for folder in created(Path.cwd()):
        interpreter = Interpreter(folder.name, str(python_in(folder) or ""), folder.name)
        try:
            found = installed(interpreter, packages)
        except ValueError as error:
            typer.echo(f"{folder.name}  cannot be used: {error}")
            continue
        size = f"; {size_of(folder) / 2**30:.1f} GiB in {folder}"
        wrong = unfit(interpreter, found)
        line = _line(folder.name, ".".join(map(str, found.python)), found.packages)
        typer.echo(f"{line}{f'; {wrong}' if wrong else ''}{size}")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What `harness run -e` will call it.")],
    requirements: Annotated[list[str], typer.Argument(metavar="REQUIREMENT...", help="As for pip install.")],
    python: Annotated[str, typer.Option(help="The Python that it shall have; 3.10 or newer.")] = sys.executable,
) -> None:
    """Make a virtual environment with these requirements, in a folder that git ignores; TensorFlow takes 2 GB."""
    try:
        folder = make(name, requirements, Path.cwd(), python)
    except ValueError as error:
        raise InvalidInputError([error]) from None
    typer.echo(f"{name}: {size_of(folder) / 2**30:.1f} GiB in {folder}; run there with `harness run -e {name}`")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="One that was created.")]) -> None:
    """Remove an environment that was created."""
    try:
        typer.echo(f"removed {unmake(name, Path.cwd())}")
    except ValueError as error:
        raise InvalidInputError([error]) from None


def _packages() -> list[str]:
    """What built-in implementations need."""
    return list(dict.fromkeys(known.needs for known in BUILT_IN.values() if known.needs))


def _line(name: str, python: str, packages: Mapping[str, str]) -> str:
    versions = ", ".join(f"{package} {version}".strip() for package, version in packages.items())
    return f"{name}  Python {python}, {versions}"
