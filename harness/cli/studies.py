"""Commands that hold cases, implementations and the harness itself against more than the cases at hand."""

import shlex
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from harness.cli.options import ROOT, Isolation, Names, positive
from harness.cli.status import FAILED, INTERRUPTED, OK
from harness.errors import NothingMatchedError
from harness.records.exhaustion import Limits, summary_lines
from harness.records.run_folder import PAGE, REPORTS, new_folder, read_run
from harness.report.html import page
from harness.spec.detection import write_scores
from harness.spec.selection import CASES, chosen_cases
from harness.studies.covering import covering_file

Drawn: TypeAlias = Literal["both", "valid", "invalid"]


def mutants(
    names: Names = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="Do not stop at a mutant's first detection.")] = False,
    workers: Annotated[int, typer.Option("-n", help="Worker processes.", min=1)] = 2,
    out: Annotated[Path | None, typer.Option(help="The kill matrix; by default reports/mutants.json.")] = None,
    choose: Annotated[
        Path | None, typer.Option(help="Choose the cases of blocks-*.yaml anew, write them to a folder, and no more.")
    ] = None,
) -> None:
    """Hold the cases against kernels that are wrong on purpose; exit status 1 where one of them survives."""
    from harness.studies.block_files import block_files, write_files  # noqa: PLC0415 -- as below
    from harness.studies.block_kills import block_kills  # noqa: PLC0415 -- the same
    from harness.studies.mutation import kill_matrix  # noqa: PLC0415 -- the same

    if choose:
        typer.echo("\n".join(map(str, write_files(block_files(), choose))))
        return

    cases = chosen_cases(names or [str(ROOT / CASES)], ROOT)
    if not cases:
        raise NothingMatchedError("no case is named")
    target = out or Path.cwd() / REPORTS / "mutants.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.open("a", encoding="utf-8").close()  # where that is not possible it is said now, not after the work
    matrix = kill_matrix(cases, full=full, workers=workers)
    blocked = block_kills(cases, workers=workers) if matrix.complete else None
    typer.echo("\n".join([*matrix.lines(), *(blocked.lines() if blocked else ())]))
    target.write_text(matrix.to_json(blocked.to_json() if blocked else {}), encoding="utf-8")
    typer.echo(f"matrix: {target}")
    if not matrix.complete:
        raise typer.Exit(INTERRUPTED)
    if full and not names:
        typer.echo(f"scores: {write_scores(matrix.scores(), ROOT / CASES)}")
    lost = blocked.survivors if blocked else ()
    raise typer.Exit(FAILED if matrix.survivors() or matrix.contradictions() or lost else OK)


def fuzz(
    implementation: Annotated[list[str] | None, typer.Option("-i", help="As for `run`; by default one path.")] = None,
    minutes: Annotated[float, typer.Option(help="How long to search.", callback=positive)] = 1.0,
    examples: Annotated[int | None, typer.Option(min=1, help="End after so many cases, if that is sooner.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed draws other cases; the same one, the same.")] = 0,
    draw: Annotated[Drawn, typer.Option(help="What to draw.")] = "both",
    *,
    every_dtype: Annotated[bool, typer.Option("--every-dtype", help="Run each call in all five types.")] = False,
    timeout: Annotated[
        float, typer.Option(help="Seconds after which a call counts as hanging.", callback=positive)
    ] = 10.0,
    isolation: Annotated[Isolation, typer.Option(help="Where calls are made: 'none' is faster, and may die.")] = "host",
    out: Annotated[Path | None, typer.Option(help="Where findings go; by default a new reports/fuzz-<time>.")] = None,
) -> None:
    """Search for calls that deviate, crash or are refused, beyond what is known; shrink them and write them up."""
    from harness.studies.fuzz import fuzz as search  # noqa: PLC0415 -- it imports numpy and hypothesis
    from harness.studies.fuzz.search import Limits  # noqa: PLC0415 -- the same

    limits = Limits(seed, minutes * 60, examples, draw != "invalid", draw != "valid", every_dtype)
    folder = out or new_folder(Path.cwd() / REPORTS, "fuzz-")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        clean = search(implementation or (), limits, ROOT, folder, timeout=timeout, isolated=isolation == "host")
    finally:
        if not out:
            with suppress(OSError):  # of a folder with findings
                folder.rmdir()
    raise typer.Exit(OK if clean else FAILED)


def exhaust(
    implementation: Annotated[
        list[str] | None, typer.Option("-i", help="What to test, as for `run`; one path where nothing is said.")
    ] = None,
    workers: Annotated[int, typer.Option("-n", min=1, help="Calls that are made at the same time.")] = 2,
    timeout: Annotated[
        float, typer.Option(help="Seconds after which a call counts as hanging.", callback=positive)
    ] = 60.0,
    out: Annotated[Path | None, typer.Option(help="The run folder; by default a new reports/<time>.")] = None,
    resume: Annotated[Path | None, typer.Option(help="A run folder: do what is missing there.")] = None,
    input: Annotated[int, typer.Option(min=0, help="The largest input extent.")] = 8,
    filter: Annotated[int, typer.Option(min=1, help="The largest filter extent.")] = 5,
    stride: Annotated[int, typer.Option(min=1, help="The largest stride.")] = 5,
    dilation: Annotated[int, typer.Option(min=1, help="The largest dilation.")] = 3,
    pads: Annotated[int, typer.Option(min=0, help="The most explicit padding on each side.")] = 5,
    channels: Annotated[
        int, typer.Option(min=0, help="Instead: every C and K up to so many, in every number of groups.")
    ] = 0,
) -> None:
    """Run every geometry of one axis up to limits, along the height and the width, beside one of the other axis."""
    from harness.studies import exhaust as study  # noqa: PLC0415 -- numpy takes longer to import than others to run

    limits = Limits(input, filter, stride, dilation, pads, channels)
    folder = resume or out or new_folder(Path.cwd() / REPORTS)
    begun = study.resumed_study(folder, ROOT) if resume else study.new_study(implementation or (), limits, folder, ROOT)
    done = study.exhaust(begun, workers=workers, timeout=timeout)
    (folder / PAGE).write_text(page([read_run(folder)]), encoding="utf-8")
    typer.echo("\n".join(summary_lines(done, folder)))
    if done.finished is None:
        typer.echo(f"interrupted: harness exhaust --resume {shlex.quote(str(folder))} goes on", err=True)
        raise typer.Exit(INTERRUPTED)
    if done.complete and not done.unexpected and any(swept.is_empty for swept in done.swept):
        raise NothingMatchedError("an implementation refused everything: nothing is shown of it")
    raise typer.Exit(OK if done.complete and not done.unexpected else FAILED)


def coverage(
    names: Names = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Name all that is uncovered, not the first few.")] = False,
    generate: Annotated[
        bool, typer.Option("--generate", help="Print the covering set that is shipped as covering.yaml, and no more.")
    ] = False,
    choose: Annotated[
        Path | None,
        typer.Option(help="Choose cases with every size class under every two levels, write them, no more."),
    ] = None,
) -> None:
    """Say which rules, and which pairs and triples of classes, cases cover; and which they leave uncovered."""
    from harness.studies.block_files import size_files, write_files  # noqa: PLC0415 -- numpy, which nothing else needs

    if generate:
        typer.echo(covering_file(), nl=False)
        return
    if choose:
        typer.echo("\n".join(map(str, write_files(size_files(), choose))))
        return
    from harness.studies.coverage import coverage_lines, measure  # noqa: PLC0415 -- numpy, which others need not load

    cases = chosen_cases(names or [CASES], ROOT)
    typer.echo("\n".join(coverage_lines(measure(cases), everything=everything)))
