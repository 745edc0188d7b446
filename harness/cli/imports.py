"""The commands below `import`: case files written from the layers of networks."""

from pathlib import Path
from typing import Annotated

import typer

from harness.studies.importers import Selection, write_layers, write_text
from harness.studies.importers.calls import calls_text
from harness.studies.importers.json_lines import read_lines

app = typer.Typer(help="Write case files from the layers of networks.", no_args_is_help=True)

Batch = Annotated[int, typer.Option(min=1, help="Images in each case.")]
MostMultiplyAdds = Annotated[float | None, typer.Option(help="Leave out layers of more products, as in 2e8.")]
Tag = Annotated[str, typer.Option(help="The tag that the cases carry.")]


@app.command("keras")
def import_keras(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="An application's name, a saved file, or a callable.")
    ],
    batch: Batch = 1,
    most_multiply_adds: MostMultiplyAdds = None,
    tag: Tag = "network",
    out: Annotated[Path | None, typer.Option(help="A file, or a folder for one file a model.")] = None,
) -> None:
    """Write a case file from the convolutions of Keras models; what is left out is said."""
    from harness.studies.importers.keras_models import layers_of  # noqa: PLC0415 -- it resolves implementations

    found = {model: layers_of(model) for model in models}
    write_layers(found, Selection(batch, most_multiply_adds, tag), out)


@app.command("call")
def import_call(
    calls: Annotated[list[str], typer.Argument(metavar="CALL...", help="As in 'torch.nn.ConvTranspose2d(16, 8, 3)'.")],
    out: Annotated[Path | None, typer.Option(help="The file to write; by default standard output.")] = None,
) -> None:
    """Write a case file from calls of PyTorch, ONNX, JAX, cuDNN or oneDNN, which are read and never run."""
    write_text(calls_text(calls), out)


@app.command("lines")
def import_lines(
    file: Annotated[Path, typer.Argument(help="JSON lines with H W C K R S and perhaps stride, dilation, pad.")],
    batch: Batch = 1,
    most_multiply_adds: MostMultiplyAdds = None,
    tag: Tag = "network",
    out: Annotated[Path | None, typer.Option(help="The file to write; by default standard output.")] = None,
) -> None:
    """Write a case file from layers given as JSON lines."""
    write_layers({file.name: read_lines(file)}, Selection(batch, most_multiply_adds, tag), out)
