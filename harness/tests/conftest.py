"""In the harness's own tests a warning is an error. Elsewhere it is not: other plugins may warn of what they like."""

from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
FRAMEWORKS: Final = ("tensorflow", "keras")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.filterwarnings("error"))
            for framework in FRAMEWORKS:
                item.add_marker(pytest.mark.filterwarnings(f"ignore::DeprecationWarning:{framework}.*"))
