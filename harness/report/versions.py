"""The order of environments by what is installed there."""

from collections.abc import Mapping
from typing import Any, Final

from packaging.version import InvalidVersion, Version

BASIS: Final = ("numpy", "ml_dtypes")  # every environment has them


def in_order(packages: Mapping[str, str]) -> tuple[Any, ...]:
    """A key that puts older versions of a framework first, and frameworks beside each other."""
    return tuple(sorted((name, _key(text)) for name, text in packages.items() if name not in BASIS))


def _key(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")
