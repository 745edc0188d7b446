"""A plugin of somebody else that warns when it is configured."""

import warnings


def pytest_configure() -> None:
    warnings.warn("an option of mine is not set", DeprecationWarning, stacklevel=1)
