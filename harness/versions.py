"""Versions of installed packages."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

MISSING: Final = "0"  # older than anything that a range of versions may ask for


def version_of(package: str) -> str:
    """The version, without importing the package; MISSING where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return MISSING
