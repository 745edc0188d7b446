"""A real browser for the page: the system's Chromium, or Chrome, through playwright, on a file and off the network."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
# As root in a container there is no sandbox to be had; the pages are ours.
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
ROOT: Final = Path(__file__).parents[3]
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SECONDS: Final = 30


def chromium() -> str:
    """Path of the browser; without one the test is skipped, except in CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or missing("no Chromium: apt-get install chromium")


def axe() -> str:
    """The text of axe-core; without it the test is skipped, except in CI."""
    return AXE.read_text(encoding="utf-8") if AXE.exists() else missing("no axe-core: make axe")


def missing(what: str) -> str:
    """Skip with the reason, or fail where everything is to be there."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def browser() -> Iterator[Browser]:
    """One browser with a profile of its own."""
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield started
        finally:
            started.close()


@contextmanager
def opened(file: Path, fragment: str = "", **context: Any) -> Iterator[Page]:
    """The page of a file, ready, in a browser of its own."""
    with browser() as started:
        page = started.new_context(**context).new_page()
        page.goto(f"{file.resolve().as_uri()}{fragment}")
        page.wait_for_selector("html.ready", timeout=1000 * SECONDS)
        yield page
