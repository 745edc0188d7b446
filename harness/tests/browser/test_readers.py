"""Readers of all kinds: assistive technology, either theme, small screens, no script."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from harness.tests import browser as browsers
from harness.tests.browser.reader import Reader

OPEN: Final = f"#open={quote('file.yaml::strided::tf-xla')}"
PLAYED: Final = f"{OPEN}&play={quote('d=1&h=6.3.2.1.0.0&pad=SAME&step=4')}"


@pytest.mark.parametrize(
    ("scheme", "width", "fragment"),
    [
        ("light", 1400, ""),
        ("dark", 390, ""),
        ("light", 390, OPEN),
        ("dark", 1400, OPEN),
        ("light", 1400, PLAYED),
        ("dark", 390, PLAYED),
    ],
)
def test_it_is_accessible(browser: Browser, written: Path, scheme: Any, width: int, fragment: str) -> None:
    axe = browsers.axe()
    made = Reader(
        browser, written, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    page = made.open(fragment)
    if fragment:
        page.locator("#case-title").wait_for()
    page.evaluate(axe)
    options = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}"
    found = page.evaluate(f"axe.run(document, {options})")
    assert [
        (one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in found["violations"]
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    made.close()


def test_the_themes_differ(browser: Browser, written: Path) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        made = Reader(browser, written, color_scheme=scheme)
        grounds.add(made.open().evaluate("getComputedStyle(document.body).backgroundColor"))
        made.close()
    assert len(grounds) == 2


def test_without_decompression_it_says_so_and_shows_the_failures(browser: Browser, written: Path) -> None:
    made = Reader(browser, written)
    made.page.add_init_script("delete window.DecompressionStream")
    made.page.goto(written.as_uri())
    made.page.get_by_text("it has no DecompressionStream").wait_for()
    assert "tf-xla deviates on file.yaml::strided" in made.page.locator("#without").inner_text()
    made.close()


def test_without_script_the_failures_are_there(browser: Browser, written: Path) -> None:
    made = Reader(browser, written, java_script_enabled=False)
    made.page.goto(written.as_uri())
    assert "tf-xla deviates on file.yaml::strided" in made.page.locator("#without").inner_text()
    made.close()
