"""What several commands take, and where the checkout is."""

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import typer

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_CHECKOUT: Final = _PACKAGE.parent
_IS_CHECKOUT: Final = (_CHECKOUT / "cases" / "environments.yaml").is_file()
# What `cases` is in: the checkout, or else the package, where a wheel has them.
ROOT: Final = _CHECKOUT if _IS_CHECKOUT else _PACKAGE / "shipped"
SETTINGS: Final = ROOT / ("pyproject.toml" if _IS_CHECKOUT else "pytest.ini")

Isolation: TypeAlias = Literal["host", "none"]
Names = Annotated[list[str] | None, typer.Argument(metavar="[FILE-OR-ID]...", show_default=False)]


def positive(option: typer.CallbackParam, value: float | None) -> float | None:
    """Check a number of seconds or minutes, if one is given; NaN is not more than 0, either."""
    if value is not None and not value > 0:
        raise typer.BadParameter(f"{value:g} is not more than 0", param_hint=f"'{option.opts[0]}'")
    return value
