"""The commands below `bench`: how long things take."""

import os
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Annotated, Literal, TypeAlias

import typer
from rich.console import Console
from rich.progress import track

from harness.cli.options import ROOT, positive
from harness.errors import NothingMatchedError
from harness.implementations.frameworks import DEFAULT
from harness.implementations.resolve import resolve, threads_environment
from harness.versions import version_of

Float: TypeAlias = Literal["float64", "float32"]

app = typer.Typer(help="Measure how long things take, by turns in one process.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure how long things take, by turns in one process."""


@app.command()
def kernels(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE-OR-ID]...", help="Cases, or JSON lines as for `import lines`; by default ResNet50."
        ),
    ] = None,
    implementation: Annotated[list[str] | None, typer.Option("-i", help="As for `run`; by default one path.")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Images of each shape.")] = 8,
    dtype: Annotated[Float, typer.Option(help="The type of the operands.")] = "float64",
    threads: Annotated[int, typer.Option(min=1, help="Intra-op threads.")] = 1,
    seconds: Annotated[float, typer.Option(help="How long to time each shape.", callback=positive)] = 1.0,
    most_multiply_adds: Annotated[float | None, typer.Option(help="Leave out larger shapes, as in 2e8.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write all times to this file.")] = None,
) -> None:
    """Time the reference kernel against implementations and against the matrix product of the same work."""
    os.environ.update(threads_environment(threads))  # before numpy is imported
    from harness.bench.kernels import PRODUCT, loaded, timed  # noqa: PLC0415 -- numpy reads how many threads it may use
    from harness.bench.layers import layers_of  # noqa: PLC0415 -- the same
    from harness.bench.table import Setting, document, lines  # noqa: PLC0415 -- the same

    layers = layers_of(names or [str(ROOT / "cases" / "networks" / "resnet50.yaml")], ROOT, batch, most_multiply_adds)
    if not layers:
        raise NothingMatchedError("no shape is left")
    implementations = resolve(implementation or DEFAULT[:1])
    found = list(
        track(
            timed(layers, loaded(implementations), dtype, seconds, process_time if threads == 1 else perf_counter),
            total=len(layers),
            description="bench",
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
    )
    packages = dict.fromkeys(["numpy", *(known.needs for known in implementations if known.needs)])
    setting = Setting(dtype, batch, threads, {package: version_of(package) for package in packages})
    typer.echo("\n".join(lines(found, [PRODUCT, *(known.name for known in implementations)], setting)))
    if json:
        json.write_text(document(found, setting), encoding="utf-8")
