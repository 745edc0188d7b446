"""Commands that run cases, and that read what runs left."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import ROOT, SETTINGS, Isolation, Names, positive
from harness.cli.status import FAILED, OK
from harness.errors import InvalidInputError
from harness.facts import unplaced
from harness.records.run_folder import DIFFERENCES, PAGE, read_run
from harness.report.changes import changes_table, compare_runs, comparison_lines
from harness.report.failure import Table, aligned
from harness.report.html import page, page_of_comparison
from harness.report.terminal import table_lines
from harness.spec.deviations import FOLDER
from harness.spec.selection import CASES, chosen_cases, select
from harness.studies.proposals import propose, propose_between, write_proposals
from harness.studies.recordings import check_recording, judged_today, packed, read_recording, recording_of


def run(
    names: Names = None,
    implementation: Annotated[
        list[str] | None,
        typer.Option(
            "-i",
            help="A name, module:callable, path/to/file.py:callable, or NAME=either. NAME[ENV] pins it.",
        ),
    ] = None,
    environment: Annotated[
        list[str] | None,
        typer.Option("-e", help="NAME=PATH: a Python or a virtual environment, in place of this one; may be repeated."),
    ] = None,
    workers: Annotated[str, typer.Option("-n", help="Worker processes: a number or 'auto'.")] = "0",
    timeout: Annotated[
        float | None, typer.Option(help="Seconds after which a call counts as hanging (60).", callback=positive)
    ] = None,
    isolation: Annotated[
        Isolation | None, typer.Option(help="Where calls are made: host, or 'none' for a debugger.")
    ] = None,
    threads: Annotated[str | None, typer.Option(help="Numbers of intra-op threads to run with, as in 1,2.")] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder; by default a new reports/<time>.")] = None,
    resume: Annotated[Path | None, typer.Option(help="A run folder: do what is missing there.")] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="A recorded run: a result that is as it was there is as expected.")
    ] = None,
    evidence: Annotated[Path | None, typer.Option(help="The .npz of a failing case: its operands are used.")] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="NotImplementedError must be known, too.")] = False,
    kernel_budget: Annotated[
        int | None, typer.Option(min=0, help="Multiply-adds up to which slow reference kernels are compared.")
    ] = None,
) -> None:
    """Run cases against implementations; write a run folder, print a summary and the path of the page."""
    if sys.platform == "win32":
        raise InvalidInputError(["harness run needs the processes and pipes of Linux or macOS; on Windows use WSL"])
    import pytest  # noqa: PLC0415 -- pytest takes longer to import than the other commands take to run

    if resume and (names or implementation or environment):
        raise typer.BadParameter("--resume goes on with the cases and implementations of that run: name none")
    if resume:
        options = read_run(resume).header.options
        names, implementation = options["names"], options["implementations"]
        environment = options.get("environments")
        timeout = timeout or options.get("call_timeout")
        isolation = isolation or options.get("isolation")
        threads = threads or options.get("threads")
        baseline = baseline or (Path(options["baseline"]) if options.get("baseline") else None)
        strict = strict or options.get("strict_support", False)
        kernel_budget = options.get("kernel_budget") if kernel_budget is None else kernel_budget
    if workers not in ("auto", "logical") and not workers.isdecimal():
        raise typer.BadParameter(f"-n takes a number or 'auto', not {workers!r}")
    chosen = [
        "::".join(filter(None, (str(selector.path.file), selector.name, selector.implementation)))
        for selector in select(names or (), ROOT)
    ]
    arguments = [
        *dict.fromkeys(chosen or [str(ROOT / CASES)]),
        *("-p", "harness.pytest_plugin", "-c", str(SETTINGS), "--rootdir", str(ROOT)),
        *("-p", "xdist", "-q", "--no-header", "-n", workers, "-p", "no:hypothesispytest", "-p", "no:cacheprovider"),
        *(f"--implementation={text}" for text in implementation or ()),
        *(f"--environment={text}" for text in environment or ()),
        *([f"--call-timeout={timeout}"] if timeout else []),
        *([f"--isolation={isolation}"] if isolation else []),
        *([f"--threads={threads}"] if threads else []),
        *([f"--run-folder={out.resolve()}"] if out else []),
        *([f"--resume={resume.resolve()}"] if resume else []),
        *([f"--baseline={baseline.resolve()}"] if baseline else []),
        *(["--strict-support"] if strict else []),
        *([f"--evidence={evidence}"] if evidence else []),
        *([f"--kernel-budget={kernel_budget}"] if kernel_budget is not None else []),
    ]
    raise typer.Exit(int(pytest.main(arguments)))


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


def deviations(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN [RUN]", help="A run folder, or a recorded file.")],
    *,
    update: Annotated[bool, typer.Option("--update", help="Append the entries to the files they belong in.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Hold recorded results against today's files; status 1 where one differs.")
    ] = False,
    pack: Annotated[Path | None, typer.Option(help="Write the run as one file, to be handed on and checked.")] = None,
) -> None:
    """Propose known-deviation entries for what is not as expected in a run; a person writes the reasons.

    Of two runs, for what came out otherwise, with the condition that tells the two environments apart.
    """
    if check + update + (pack is not None) > 1:
        raise typer.BadParameter("--check reads, --update and --pack write: name one of them")
    if len(runs) > 2 or (len(runs) == 2 and (check or pack)):
        raise typer.BadParameter("one run, or two whose entries are to be told apart")
    if pack:
        pack.write_bytes(packed(read_run(runs[0])))
        typer.echo(pack)
        return
    today = chosen_cases([str(ROOT / CASES)], ROOT)
    recordings = [recording_of(read_run(run)) if run.is_dir() else read_recording(run) for run in runs]
    if check:
        checked = check_recording(recordings[0], today, ROOT / CASES)
        typer.echo("\n".join(checked.lines()))
        raise typer.Exit(checked.status())
    recordings = [
        each if run.is_dir() else judged_today(each, today, ROOT / CASES)
        for each, run in zip(recordings, runs, strict=True)
    ]
    proposals = propose(*recordings) if len(recordings) == 1 else propose_between(*recordings)
    if update:
        for file in write_proposals(proposals, ROOT / CASES / FOLDER):
            typer.echo(file)
    else:
        for proposal in proposals:
            typer.echo(f"# {FOLDER}/{unplaced(proposal.implementation)}.yaml\n{proposal.text()}")
