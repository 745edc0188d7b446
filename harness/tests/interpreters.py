"""Environments for tests, made in a moment: this interpreter with numpy and ml_dtypes, and nothing else."""

import importlib.util
import sys
from pathlib import Path


def environment_like_this(folder: Path) -> Path:
    """A virtual environment with all that is here, in place of one that would be downloaded. Returns its folder."""
    bare_environment(folder)
    (site,) = folder.glob("lib/python*/site-packages")
    here = dict.fromkeys(place for place in sys.path if place.endswith("-packages"))
    (site / "here.pth").write_text("".join(f"{place}\n" for place in here), encoding="utf-8")
    return folder


def bare_environment(folder: Path, *more: str) -> Path:
    """A virtual environment without pip; `more` are further packages that are here. Returns its folder."""
    site = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    home = Path(sys.base_prefix) / "bin"
    (folder / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n", encoding="utf-8")
    for name in ("numpy", "ml_dtypes", *more):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        place = Path(spec.origin).parents[1]
        for found in (place / name, *place.glob(f"{name}.libs"), *place.glob(f"{name}-*.dist-info")):
            (site / found.name).symlink_to(found)
    return folder
