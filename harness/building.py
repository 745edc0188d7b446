"""What setuptools does beside copying modules: a wheel holds the cases, which a checkout has in a folder of its own."""

import shutil
from pathlib import Path
from typing import Final

from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

CASES: Final = "cases"
PLACE: Final = Path("harness") / "shipped" / CASES


class BuildWithCases(build_py):  # type: ignore[misc]  # older setuptools state no types
    """`build_py`, and the cases beside the modules; an editable install reads them where they are."""

    def run(self) -> None:
        """Copy modules, then cases."""
        super().run()
        if not self.editable_mode:
            _copied(Path(), Path(self.build_lib))


class SourceWithCases(sdist):  # type: ignore[misc]  # the same
    """`sdist`, with the cases where a wheel made of it takes them from."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Copy what setuptools knows of, then cases."""
        super().make_release_tree(base_dir, files)
        shutil.copytree(CASES, Path(base_dir) / CASES)


def _copied(root: Path, target: Path) -> None:
    shutil.copytree(root / CASES, target / PLACE, dirs_exist_ok=True)
