from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from harness.report.html import page as page_text
from harness.tests import browser as browsers
from harness.tests.browser.reader import Reader
from harness.tests.browser.samples import results
from harness.tests.results import environments, run


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with browsers.browser() as started:
        yield started


@pytest.fixture(scope="package")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "index.html"
    header: dict[str, Any] = {
        "environments": environments(packages={"tensorflow": "2.21.0"}),
        "started": "2026-11-22T20:30:39+00:00",
    }
    file.write_text(page_text([run(*results(), **header)]), encoding="utf-8")
    return file


@pytest.fixture
def reader(browser: Browser, written: Path) -> Iterator[Reader]:
    made = Reader(browser, written)
    yield made
    made.close()
    assert made.complaints == []
    assert {url for url in made.requests if not url.startswith(written.as_uri())} <= {"data:,"}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()
