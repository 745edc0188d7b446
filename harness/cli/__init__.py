"""The command line, thin: each command is one call. Nothing here imports TensorFlow.

`runs` holds the commands that run cases and read what is left, `listings` those that run nothing, `studies` and
`imports` what the packages below `harness.studies` do, `bench` what `harness.bench` does, and `environments` those that
make other interpreters.
"""

import os
import sys
from typing import Final

import typer

from harness.cli import bench, environments, imports
from harness.cli.listings import explain, implementations, show, validate
from harness.cli.runs import deviations, diff, report, run
from harness.cli.status import INTERRUPTED, NOTHING, OK, USAGE
from harness.cli.studies import coverage, exhaust, fuzz, mutants
from harness.errors import InvalidInputError, NothingMatchedError
from harness.spec.foreign import WORDS

_TYPER_INTERRUPTED: Final = 130  # what it makes of a KeyboardInterrupt

app = typer.Typer(
    help="Does an implementation of Conv2DBackpropInput conform?",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
# In the order of --help.
for command in (
    run,
    report,
    diff,
    validate,
    show,
    explain,
    deviations,
    fuzz,
    coverage,
    exhaust,
    implementations,
    mutants,
):
    app.command()(command)
app.add_typer(environments.app, name="environments")
app.add_typer(imports.app, name="import")
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Run a command and end the process with the status of the contract; a reader who has had enough changes none."""
    status = _status()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more when it ends
    sys.exit(status)


def _instead_of_option(error: typer.TyperException) -> str:
    """What a case file says instead of an option that is another library's word; nothing of other errors."""
    name = getattr(error, "option_name", "")
    word = WORDS.get(name.lstrip("-").replace("-", "_"))
    return f"no option {name}: calls are said in case files, and there: {word.instead}" if word else ""


def _status() -> int:
    command = typer.main.get_command(app)
    try:
        status = int(command.main(standalone_mode=False) or OK)
    except InvalidInputError as error:
        typer.echo("\n".join(error.lines), err=True)
        return USAGE
    except NothingMatchedError as error:
        typer.echo(str(error), err=True)
        return NOTHING
    except OSError as error:  # of a path that the user gave; what the harness writes for itself is dealt with there
        if error.filename is None:
            raise
        typer.echo(f"{error.filename}: {error.strerror}", err=True)
        return USAGE
    except SystemExit as ended:  # click's own way to end where nobody reads on
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        status = OK
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except typer.TyperException as error:
        typer.echo(_instead_of_option(error) or error.format_message(), err=True)
        return USAGE
    return INTERRUPTED if status == _TYPER_INTERRUPTED else status
