"""What a case opens on: all there is of it, its maps, and text to copy."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from harness.tests.browser.reader import Reader


def test_a_case_opens_on_all_there_is(reader: Reader) -> None:
    page = reader.open_case("strided", "tf-xla")
    text = page.locator("dialog.case").inner_text()
    for part in (
        *(
            "This case is known to detect 7 mutants.",
            "deviates",
            "unexpected",
            "Shifted by one column.",
            "3 of 112",
            "17.5",
            "refuses",
            "no strides",
            "[1,4,8,2]",
        ),
        *("harness run 'file.yaml::strided' -i tf-xla", "op: Conv2DBackpropInput", "tf.raw_ops.Conv2DBackpropInput("),
    ):
        assert part in text
    page.get_by_role("link", name="tf-eager", exact=True).click()
    expect(page.locator("dialog.case .body")).to_contain_text("Known: Does not.")


def test_maps_are_drawn_where_there_are_some(reader: Reader) -> None:
    page = reader.open_case("strided", "tf-xla")
    assert page.locator("figure .cell").count() == 6 + 2 + 2
    assert page.locator("figure .ring").count() == 2 + 1 + 1
    page.locator("figure .cell").nth(5).hover()
    assert page.locator("figure output").first.inner_text() == "h 4 to 7, w 6 to 8: 1.5 of the limit"
    assert "Where the error lies" not in reader.open_case("plain", "tf-xla").locator("dialog.case").inner_text()


def test_copying(browser: Browser, written: Path) -> None:
    made = Reader(browser, written, permissions=["clipboard-read", "clipboard-write"])
    page = made.open_case("plain", "tf-eager")
    for what, start in (("Command", "harness run"), ("YAML", "op: Conv2D"), ("Program", "# file.yaml::plain")):
        page.get_by_role("button", name=f"Copy {what}").click()
        expect(page.locator("#announcer")).to_have_text(f"{what} copied")
        assert page.evaluate("navigator.clipboard.readText()").startswith(start)
    made.close()
