"""A page as someone has it open."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect

from harness.tests import browser as browsers

READY: Final = 1000 * browsers.SECONDS
expect.set_options(timeout=READY)


class Reader:
    """A page as someone has it open; what it asked for and complained of."""

    def __init__(self, browser: Browser, file: Path, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.file = file
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    def open(self, fragment: str = "") -> Page:
        self.page.goto(f"{self.file.as_uri()}{fragment}")
        self.page.wait_for_selector("html.ready", timeout=READY)
        return self.page

    def open_case(self, name: str, implementation: str) -> Page:
        page = self.open(f"#open={quote(f'file.yaml::{name}::{implementation}')}")
        page.locator("#case-title").wait_for()
        return page

    def close(self) -> None:
        self.context.close()


def shown(page: Page) -> list[str]:
    """Case and implementation of the rows in the list."""
    rows = page.locator(".window .row")
    return [
        f"{row.locator('.of-id bdi').get_attribute('title')} {row.locator('.of-implementation').inner_text()}".split(
            "::"
        )[1]
        for row in rows.all()
    ]
