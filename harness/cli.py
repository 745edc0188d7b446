"""The command line, thin: each command is one call. Nothing here imports TensorFlow."""

import shlex
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import typer

from harness.errors import InvalidInputError, NothingMatchedError
from harness.implementations.resolve import BUILT_IN, DEFAULT
from harness.implementations.resolve import mutants as mutants_by_name
from harness.report.changes import changes_table, compare_runs, comparison_lines
from harness.report.exhaustion import Limits, summary_lines
from harness.report.failure import Table, aligned
from harness.report.html import page, page_of_comparison
from harness.report.run_folder import DIFFERENCES, PAGE, REPORTS, new_folder, read_run
from harness.report.show import show_case, show_implementation
from harness.report.terminal import table_lines
from harness.spec.casefile import load
from harness.spec.detection import write_scores
from harness.spec.deviations import FOLDER, check_deviations
from harness.spec.selection import CASES, select
from harness.studies.coverage import coverage_lines, measure
from harness.studies.covering import covering_file
from harness.studies.importers import Selection, write_layers
from harness.studies.importers.json_lines import read_lines
from harness.studies.proposals import propose, write_proposals

ROOT: Final = Path(__file__).resolve().parent.parent
_TYPER_INTERRUPTED: Final = 130  # what it makes of a KeyboardInterrupt
OK, FAILED, INTERRUPTED, INTERNAL, USAGE, NOTHING = range(6)

app = typer.Typer(
    help="Does an implementation of Conv2DBackpropInput conform?",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

imports = typer.Typer(help="Write case files from the layers of networks.", no_args_is_help=True)
app.add_typer(imports, name="import")

Isolation: TypeAlias = Literal["host", "none"]
Drawn: TypeAlias = Literal["both", "valid", "invalid"]
Names = Annotated[list[str] | None, typer.Argument(metavar="[FILE-OR-ID]...", show_default=False)]
Batch = Annotated[int, typer.Option(min=1, help="Images in each case.")]
MostMultiplyAdds = Annotated[float | None, typer.Option(help="Leave out layers of more products, as in 2e8.")]
Tag = Annotated[str, typer.Option(help="The tag that the cases carry.")]


@app.command()
def run(
    names: Names = None,
    implementation: Annotated[
        list[str] | None,
        typer.Option("-i", help="A name, module:callable, path/to/file.py:callable, or NAME=either; may be repeated."),
    ] = None,
    workers: Annotated[str, typer.Option("-n", help="Worker processes: a number or 'auto'.")] = "0",
    timeout: Annotated[float, typer.Option(help="Seconds after which a call counts as hanging.")] = 60.0,
    isolation: Annotated[Isolation, typer.Option(help="Where calls are made: 'none' is for a debugger.")] = "host",
    threads: Annotated[str | None, typer.Option(help="Numbers of intra-op threads to run with, as in 1,2.")] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder; by default a new reports/<time>.")] = None,
    resume: Annotated[Path | None, typer.Option(help="A run folder: do what is missing there.")] = None,
    evidence: Annotated[Path | None, typer.Option(help="The .npz of a failing case: its operands are used.")] = None,
    kernel_budget: Annotated[
        int | None, typer.Option(help="Multiply-adds up to which slow reference kernels are compared.")
    ] = None,
) -> None:
    """Run cases against implementations; write a run folder, print a summary and the path of the page."""
    import pytest  # noqa: PLC0415 -- pytest takes longer to import than the other commands take to run

    if resume:
        options = read_run(resume).header.options
        names, implementation = options["names"], options["implementations"]
    if workers not in ("auto", "logical") and not workers.isdecimal():
        raise typer.BadParameter(f"-n takes a number or 'auto', not {workers!r}")
    chosen = [
        "::".join(filter(None, (str(selector.path.file), selector.name, selector.implementation)))
        for selector in select(names or (), ROOT)
    ]
    arguments = [
        *dict.fromkeys(chosen or [str(ROOT / CASES)]),
        *("-p", "harness.pytest_plugin", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)),
        *("-q", "--no-header", "-n", workers, "-p", "no:hypothesispytest", "-p", "no:cacheprovider"),
        *(f"--implementation={text}" for text in implementation or ()),
        *(f"--call-timeout={timeout}", f"--isolation={isolation}"),
        *([f"--threads={threads}"] if threads else []),
        *([f"--run-folder={out.resolve()}"] if out else []),
        *([f"--resume={resume.resolve()}"] if resume else []),
        *([f"--evidence={evidence}"] if evidence else []),
        *([f"--kernel-budget={kernel_budget}"] if kernel_budget is not None else []),
    ]
    raise typer.Exit(int(pytest.main(arguments)))


@app.command()
def report(
    folders: Annotated[list[Path], typer.Argument(metavar="RUN_DIR...")],
    out: Annotated[Path | None, typer.Option(help="Where to write the page; by default into the first folder.")] = None,
) -> None:
    """Render the page again, or one page over several runs, from the records alone."""
    runs = [read_run(folder) for folder in folders]
    target = (out or folders[0]) / PAGE
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(runs), encoding="utf-8")
    typer.echo(target)


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="RUN_DIR")],
    after: Annotated[Path, typer.Argument(metavar="RUN_DIR")],
    out: Annotated[
        Path | None, typer.Option(help="Where to write the page; by default into the second folder.")
    ] = None,
) -> None:
    """What changed from one run to another; the exit status is 1 where something got worse."""
    comparison = compare_runs(read_run(before), read_run(after))
    target = (out or after) / DIFFERENCES
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page_of_comparison(comparison), encoding="utf-8")
    typer.echo("\n".join([*comparison_lines(comparison), *_table(changes_table(comparison)), f"page: {target}"]))
    raise typer.Exit(FAILED if comparison.worse else OK)


def _table(table: Table) -> list[str]:
    """A table in colour on a terminal, in plain columns elsewhere."""
    return table_lines(table, shutil.get_terminal_size().columns) if sys.stdout.isatty() else aligned(table)


@app.command()
def validate(files: Annotated[list[str], typer.Argument(metavar="FILE...")]) -> None:
    """Check case files: every problem at once, as file:line:column: message."""
    paths = dict.fromkeys(selector.path for selector in select(files, ROOT))
    known = [Path(file) for file in files if Path(file).is_dir() and (Path(file) / FOLDER).is_dir()]
    cases = load(paths)
    if problems := [problem for folder in known for problem in check_deviations(folder / FOLDER)]:
        raise InvalidInputError(problems)
    typer.echo(f"{_counted(len(cases), 'case')} in {_counted(len(paths), 'file')}: no problems")


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


@app.command()
def show(case_id: Annotated[str, typer.Argument(metavar="CASE-ID")]) -> None:
    """Show a case expanded: attributes, extents, padding, counts, and a stand-alone TensorFlow snippet."""
    selectors = select([case_id], ROOT)
    cases = [case for case in load({s.path for s in selectors}) if any(s.selects(case) for s in selectors)]
    if not cases:
        raise NothingMatchedError(f"{case_id}: no such case")
    typer.echo("\n".join(map(show_case, cases)))


@app.command()
def deviations(
    folder: Annotated[Path, typer.Argument(metavar="RUN_DIR")],
    *,
    update: Annotated[bool, typer.Option("--update", help="Append the entries to the files they belong in.")] = False,
) -> None:
    """Propose known-deviation entries for what is not as expected in a run; a person writes the reasons."""
    proposals = propose(read_run(folder).results)
    if update:
        for file in write_proposals(proposals, ROOT / CASES / FOLDER):
            typer.echo(file)
    else:
        for proposal in proposals:
            typer.echo(f"# {FOLDER}/{proposal.implementation}.yaml\n{proposal.text()}")


@app.command()
def fuzz(
    implementation: Annotated[list[str] | None, typer.Option("-i", help="As for `run`; by default tf-eager.")] = None,
    minutes: Annotated[float, typer.Option(help="How long to search.")] = 1.0,
    examples: Annotated[int | None, typer.Option(help="End after so many cases, if that is sooner.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed draws other cases; the same one, the same.")] = 0,
    draw: Annotated[Drawn, typer.Option(help="What to draw.")] = "both",
    *,
    every_dtype: Annotated[bool, typer.Option("--every-dtype", help="Run each call in all five types.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds after which a call counts as hanging.")] = 10.0,
    isolation: Annotated[Isolation, typer.Option(help="Where calls are made: 'none' is faster, and may die.")] = "host",
    out: Annotated[Path | None, typer.Option(help="Where findings go; by default a new reports/fuzz-<time>.")] = None,
) -> None:
    """Search for calls that deviate, crash or are refused, beyond what is known; shrink them and write them up."""
    from harness.studies.fuzz import fuzz as search  # noqa: PLC0415 -- it imports numpy and hypothesis
    from harness.studies.fuzz.search import Limits  # noqa: PLC0415 -- the same

    limits = Limits(seed, minutes * 60, examples, draw != "invalid", draw != "valid", every_dtype)
    folder = out or ROOT / REPORTS / f"fuzz-{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005 -- the reader's own clock
    clean = search(implementation or (), limits, ROOT, folder, timeout=timeout, isolated=isolation == "host")
    raise typer.Exit(OK if clean else FAILED)


@imports.command("keras")
def import_keras(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="An application's name, a saved file, or a callable.")
    ],
    batch: Batch = 1,
    most_multiply_adds: MostMultiplyAdds = None,
    tag: Tag = "network",
    out: Annotated[Path | None, typer.Option(help="A file, or a folder for one file a model.")] = None,
) -> None:
    """Write a case file from the Conv2D and Conv2DTranspose layers of Keras models, none of them depthwise."""
    from harness.studies.importers.keras_models import layers_of  # noqa: PLC0415 -- it resolves implementations

    found = {model: layers_of(model) for model in models}
    write_layers(found, Selection(batch, most_multiply_adds, tag), out)


@imports.command("lines")
def import_lines(
    file: Annotated[Path, typer.Argument(help="JSON lines with H W C K R S and perhaps stride, dilation, pad.")],
    batch: Batch = 1,
    most_multiply_adds: MostMultiplyAdds = None,
    tag: Tag = "network",
    out: Annotated[Path | None, typer.Option(help="The file to write; by default standard output.")] = None,
) -> None:
    """Write a case file from layers given as JSON lines."""
    write_layers({file.name: read_lines(file)}, Selection(batch, most_multiply_adds, tag), out)


@app.command()
def coverage(
    names: Names = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Name all that is uncovered, not the first few.")] = False,
    generate: Annotated[
        bool, typer.Option("--generate", help="Print the covering set that is shipped as covering.yaml, and no more.")
    ] = False,
) -> None:
    """Say which rules, and which pairs and triples of classes, cases cover; and which they leave uncovered."""
    if generate:
        typer.echo(covering_file(), nl=False)
        return
    selectors = select(names or [CASES], ROOT)
    cases = load(dict.fromkeys(selector.path for selector in selectors))
    chosen = [case for case in cases if any(selector.selects(case) for selector in selectors)]
    typer.echo("\n".join(coverage_lines(measure(chosen), everything=everything)))


@app.command()
def exhaust(
    implementation: Annotated[
        list[str] | None, typer.Option("-i", help="What to test, as for `run`; tf-eager where nothing is said.")
    ] = None,
    workers: Annotated[int, typer.Option("-n", min=1, help="Calls that are made at the same time.")] = 2,
    timeout: Annotated[float, typer.Option(help="Seconds after which a call counts as hanging.")] = 60.0,
    out: Annotated[Path | None, typer.Option(help="The run folder; by default a new reports/<time>.")] = None,
    resume: Annotated[Path | None, typer.Option(help="A run folder: do what is missing there.")] = None,
    input: Annotated[int, typer.Option(min=0, help="The largest input extent.")] = 8,
    filter: Annotated[int, typer.Option(min=1, help="The largest filter extent.")] = 5,
    stride: Annotated[int, typer.Option(min=1, help="The largest stride.")] = 5,
    dilation: Annotated[int, typer.Option(min=1, help="The largest dilation.")] = 3,
    pads: Annotated[int, typer.Option(min=0, help="The most explicit padding on each side.")] = 5,
) -> None:
    """Run every geometry of one axis up to limits, along the height and the width, and pairs of them."""
    from harness.studies import exhaust as study  # noqa: PLC0415 -- numpy takes longer to import than others to run

    limits = Limits(input, filter, stride, dilation, pads)
    folder = resume or out or new_folder(ROOT / REPORTS)
    begun = (
        study.resumed_study(folder, ROOT)
        if resume
        else study.new_study(implementation or ("tf-eager",), limits, folder, ROOT)
    )
    done = study.exhaust(begun, workers=workers, timeout=timeout)
    (folder / PAGE).write_text(page([read_run(folder)]), encoding="utf-8")
    typer.echo("\n".join(summary_lines(done, folder)))
    if done.finished is None:
        typer.echo(f"interrupted: harness exhaust --resume {shlex.quote(str(folder))} goes on", err=True)
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(OK if done.complete and not done.unexpected else FAILED)


@app.command()
def implementations(
    *, mutants: Annotated[bool, typer.Option("--mutants", help="List those that are wrong on purpose.")] = False
) -> None:
    """List the implementations: names, what each is, what it needs, the versions found."""
    listed = mutants_by_name() if mutants else list(BUILT_IN.values())
    width = 1 + max(len(known.name) for known in listed)
    for known in listed:
        typer.echo(show_implementation(known, default=known.name in DEFAULT, width=width))


@app.command()
def mutants(
    names: Names = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="Do not stop at a mutant's first detection.")] = False,
    workers: Annotated[int, typer.Option("-n", help="Worker processes.", min=1)] = 2,
    out: Annotated[Path | None, typer.Option(help="The kill matrix; by default reports/mutants.json.")] = None,
) -> None:
    """Hold the cases against kernels that are wrong on purpose; exit status 1 where one of them survives."""
    from harness.studies.mutation import kill_matrix  # noqa: PLC0415 -- numpy, which --help does not wait for

    selectors = select(names or [str(ROOT / CASES)], ROOT)
    cases = [case for case in load({s.path for s in selectors}) if any(s.selects(case) for s in selectors)]
    if not cases:
        raise NothingMatchedError("no case is named")
    matrix = kill_matrix(cases, full=full, workers=workers)
    typer.echo("\n".join(matrix.lines()))
    target = out or ROOT / REPORTS / "mutants.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(matrix.to_json(), encoding="utf-8")
    typer.echo(f"matrix: {target}")
    if not matrix.complete:
        raise typer.Exit(INTERRUPTED)
    if full and not names:
        typer.echo(f"scores: {write_scores(matrix.scores(), ROOT / CASES)}")
    raise typer.Exit(FAILED if matrix.survivors() or matrix.contradictions() else OK)


def main() -> None:
    """Run a command and end the process with the status of the contract."""
    sys.exit(_status())


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
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except typer.TyperException as error:
        typer.echo(error.format_message(), err=True)
        return USAGE
    return INTERRUPTED if status == _TYPER_INTERRUPTED else status
