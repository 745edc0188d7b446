"""The page without a mouse, and the way back."""

import re

from playwright.sync_api import expect

from harness.tests.browser.reader import Reader


def test_the_keyboard_is_enough(reader: Reader) -> None:
    page = reader.open()
    page.keyboard.press("/")
    page.keyboard.type("tf-xla")
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    assert page.locator("[aria-selected=true]").get_attribute("id") == "row-1"
    page.keyboard.press("Enter")
    title = page.locator("#case-title")
    title.wait_for()
    assert title.inner_text().endswith("::uneven")
    page.keyboard.press("k")
    expect(title).to_have_text(re.compile("::strided$"))
    page.keyboard.press("Escape")
    title.wait_for(state="hidden")
    expect(page).to_have_url(re.compile("#q=tf-xla$"))  # the dialog's close event comes after it is hidden
    page.keyboard.press("?")
    assert page.locator("dialog.help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog.help").is_visible()


def test_back_closes_what_a_click_opened(reader: Reader) -> None:
    page = reader.open()
    page.locator("#row-0").click()
    page.locator("#case-title").wait_for()
    assert page.evaluate("decodeURIComponent(location.hash)") == "#open=file.yaml::strided::tf-xla"
    page.go_back()
    page.locator("#case-title").wait_for(state="hidden")
