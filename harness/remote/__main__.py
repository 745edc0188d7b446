"""Started by the path of this file, in whatever interpreter, where no harness is installed."""

import importlib.util
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def _import_harness(package: Path) -> None:
    """Import the package from its folder; what is beside it, such as packages of another interpreter, is not found."""
    spec = importlib.util.spec_from_file_location(
        "harness", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no harness in {package}")
    sys.modules["harness"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


if __name__ == "__main__":
    # As with `python -m`, what a user wrote may be where they stand; our files' names are not to hide others'.
    sys.path[:] = [str(Path.cwd()) if place == str(_HERE) else place for place in sys.path]
    _import_harness(_HERE.parent)
    from harness.remote.server import main

    main()
