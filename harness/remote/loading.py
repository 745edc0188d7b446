"""From the target of an implementation to its callable."""

import contextlib
import importlib
import importlib.util
import sys
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any, Final


@lru_cache(maxsize=32)
def load(target: str) -> Any:
    """Import `module:callable` or `path/to/file.py:callable` and return the callable.

    Whatever the import raises is the caller's to judge.
    """
    place, _, attribute = target.rpartition(":")
    module = _import_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    return getattr(module, attribute)


def preload(target: str) -> None:
    """Import ahead of the first call, under a limit of its own; what goes wrong, the call will say."""
    with contextlib.suppress(Exception, SystemExit):
        load(target)


def _import_file(file: Path) -> object:
    name = f"harness_user_{file.stem}_{abs(hash(file)):x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    if _NEIGHBOURS not in sys.meta_path:
        sys.meta_path.append(_NEIGHBOURS)
    _NEIGHBOURS.folders[str(file.parent)] = None
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


class _Neighbours:
    """Finds what a kernel imports that lies beside it, last of all; never a folder or file called as a framework is.

    Such a folder on `sys.path` would be the framework wherever that is not installed, adapters of it being kept there.
    """

    def __init__(self) -> None:
        self.folders: dict[str, None] = {}

    def find_spec(self, name: str, path: object = None, _target: object = None) -> "ModuleSpec | None":
        """As `importlib.abc.MetaPathFinder` has it."""
        if path is not None or name in _FRAMEWORKS:
            return None
        spec = PathFinder.find_spec(name, list(self.folders))
        return spec if spec and spec.loader else None


_FRAMEWORKS: Final = {place.stem for place in (Path(__file__).parents[1] / "implementations").iterdir()}
_NEIGHBOURS: Final = _Neighbours()
