"""What several commands take, and where the checkout is."""

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import typer

ROOT: Final = Path(__file__).resolve().parents[2]

Isolation: TypeAlias = Literal["host", "none"]
Names = Annotated[list[str] | None, typer.Argument(metavar="[FILE-OR-ID]...", show_default=False)]
