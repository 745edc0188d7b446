"""Commands that run nothing: what there is, and whether it is sound."""

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from harness.cli.options import ROOT
from harness.errors import InvalidInputError, NothingMatchedError
from harness.implementations.frameworks import DEFAULT
from harness.implementations.resolve import BUILT_IN
from harness.implementations.resolve import mutants as mutants_by_name
from harness.records.run_folder import REPORTS
from harness.report.playground import playground
from harness.report.show import show_case, show_implementation
from harness.spec.casefile import load
from harness.spec.deviations import FOLDER, check_deviations, hints
from harness.spec.selection import chosen_cases, select


def validate(files: Annotated[list[str], typer.Argument(metavar="FILE...")]) -> None:
    """Check case files: every problem at once, as file:line:column: message."""
    paths = dict.fromkeys(selector.path for selector in select(files, ROOT))
    known = [Path(file) for file in files if Path(file).is_dir() and (Path(file) / FOLDER).is_dir()]
    cases = load(paths)
    if problems := [problem for folder in known for problem in check_deviations(folder / FOLDER)]:
        raise InvalidInputError(problems)
    for folder in known:
        typer.echo("".join(f"{hint}\n" for hint in hints(folder / FOLDER)), nl=False, err=True)
    typer.echo(f"{_counted(len(cases), 'case')} in {_counted(len(paths), 'file')}: no problems")


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def show(case_id: Annotated[str, typer.Argument(metavar="CASE-ID")]) -> None:
    """Show a case expanded: attributes, extents, padding, counts, and a stand-alone TensorFlow snippet."""
    cases = chosen_cases([case_id], ROOT)
    if not cases:  # an empty folder
        raise NothingMatchedError(f"{case_id}: no such case")
    typer.echo("\n".join(map(show_case, cases)))


def explain(
    case_id: Annotated[str | None, typer.Argument(metavar="CASE-ID", show_default=False)] = None,
    element: Annotated[str | None, typer.Option(metavar="N,H,W,C", help="Whose sum; else one in the middle.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="As in a case file; may be repeated.")
    ] = None,
    evidence: Annotated[Path | None, typer.Option(help="With --html: the .npz of a call that failed.")] = None,
    out: Annotated[Path | None, typer.Option(help="With --html: the file; by default reports/two-ways.html.")] = None,
    *,
    html: Annotated[
        bool, typer.Option("--html", help="A page to step through; without a case, the playground.")
    ] = False,
) -> None:
    """Explain one element: extents with their rules, its taps, and its sum as scatter, gather and rotated filter."""
    from harness.studies import explain as study  # noqa: PLC0415 -- numpy, which --help does not wait for

    if not html:
        if case_id is None or evidence or out:
            what = "a CASE-ID is missing" if case_id is None else "--evidence and --out go with --html"
            raise typer.BadParameter(what)
        _print(study.explain(case_id, element, settings or (), ROOT, shutil.get_terminal_size().columns))
        return
    if case_id is None and (element or settings or evidence):
        raise typer.BadParameter("--element, --set and --evidence need a CASE-ID")
    page = playground() if case_id is None else study.explain_page(case_id, element, settings or (), evidence, ROOT)
    target = out or ROOT / REPORTS / "two-ways.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8")
    typer.echo(target)


def _print(lines: Iterable[Text]) -> None:
    """In colour on a terminal, plain in a pipe."""
    if not sys.stdout.isatty():
        typer.echo("\n".join(line.plain for line in lines))
        return
    console = Console()
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def implementations(
    *, mutants: Annotated[bool, typer.Option("--mutants", help="List those that are wrong on purpose.")] = False
) -> None:
    """List the implementations: names, what each is, what it needs, the versions found."""
    listed = mutants_by_name() if mutants else list(BUILT_IN.values())
    width = 1 + max(len(known.name) for known in listed)
    for known in listed:
        typer.echo(show_implementation(known, default=known.name in DEFAULT, width=width))
