"""The list of results: its order, its filters, and what leads to it."""

import re
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, expect

from harness.report.html import page as page_text
from harness.tests.browser.reader import Reader, shown
from harness.tests.browser.samples import case, of
from harness.tests.results import run


def test_the_first_thing_read_is_the_verdict(reader: Reader) -> None:
    page = reader.open()
    assert page.locator("h1").inner_text().endswith("Does not conform: 2 of 6 results are not as expected")
    assert "tensorflow 2.21.0" in page.locator("header").inner_text()
    assert not page.locator("#without").count()
    assert shown(page)[:3] == ["strided tf-xla", "uneven tf-xla", "strided tf-eager"]


QUERIES: Final[tuple[tuple[str, list[str]], ...]] = (
    ("strided", ["strided tf-xla", "strided tf-eager"]),
    ("STRIDED xla", ["strided tf-xla"]),
    ("dtype:bfloat16 strides:2 verdict:deviates", ["strided tf-xla"]),
    ("strides:3x1 layout:NCHW stride:uneven", ["uneven tf-xla", "uneven tf-eager"]),
    ("verdict:deviates,crashes", ["strided tf-xla", "uneven tf-xla"]),
    ("-implementation:tf-xla -verdict:refuses", ["plain tf-eager", "uneven tf-eager"]),
    ("implementation:*-eager padding:SAME", ["strided tf-eager", "plain tf-eager"]),
    ("margin:>0.9", ["strided tf-xla", "plain tf-xla"]),
    ("margin:0.9..1", ["plain tf-xla"]),
    ("is:known-deviation", ["strided tf-eager"]),
    ("signal:SIGFPE", ["uneven tf-xla"]),
    ("error:invalid", ["strided tf-eager"]),
    ('"no strides"', ["strided tf-eager"]),
    ("shifted", ["strided tf-xla"]),
    ("cluster:0", ["strided tf-xla"]),
    ("nosuch:thing", []),
)


def test_filters(reader: Reader) -> None:
    page = reader.open()
    for query, found in QUERIES:
        page.fill("#search", query)
        assert (query, shown(page)) == (query, found)
        assert page.locator("#found").inner_text() == f"{len(found)} of 6 results"


def test_a_view_can_be_sent_to_someone(reader: Reader) -> None:
    page = reader.open()
    page.fill("#search", "tf-xla")
    page.get_by_role("columnheader", name="margin").get_by_role("button").click()
    address = page.evaluate("location.hash")
    assert address == "#q=tf-xla&sort=-margin"
    page = reader.open("#")
    page = reader.open(address)
    assert page.input_value("#search") == "tf-xla"
    assert shown(page) == ["strided tf-xla", "plain tf-xla", "uneven tf-xla"]


def test_sorting_turns_round_and_ends(reader: Reader) -> None:
    page = reader.open()
    head = page.get_by_role("columnheader", name="margin")
    orders = []
    for _ in range(3):
        head.get_by_role("button").click()
        orders.append((head.get_attribute("aria-sort"), shown(page)[0]))
    assert orders == [("descending", "strided tf-xla"), ("ascending", "plain tf-eager"), ("none", "strided tf-xla")]
    page.get_by_role("columnheader", name="case").get_by_role("button").click()
    assert [name.split()[0] for name in shown(page)] == ["plain", "plain", "strided", "strided", "uneven", "uneven"]


LINKS: Final = (
    (".totals tr:last-child a.bad", "is:not-as-expected"),
    ("#clusters a >> nth=0", "cluster:0"),
    ("#matrix td a >> nth=0", "implementation:tf-eager"),
    ("#margins .most >> nth=0", "margin:>=0"),
    ("#margins svg a >> nth=0", "margin:0.3..0.4"),
)


def test_what_is_counted_leads_to_the_list(reader: Reader) -> None:
    page = reader.open()
    for selector, query in LINKS:
        page.locator(selector).click()
        expect(page.locator("#search")).to_have_value(re.compile(re.escape(query)))
        assert page.locator("#found").inner_text().endswith(" of 6 results")


def test_the_matrix_tells_refusals_from_deviations(reader: Reader) -> None:
    page = reader.open()
    parts = "[...link.querySelectorAll(':scope > :not([aria-hidden])')].map(part => part.textContent).join('')"
    read = f"links => links.map(link => {parts})"
    names = page.locator("#matrix td a").evaluate_all(read)
    assert "tf-eager, type bfloat16: 0 % of 1 conform; 1 refuses" in names
    assert "tf-xla, type bfloat16: 0 % of 1 conform; 1 deviates" in names
    assert "tf-eager, layout NCHW: 100 % of 1 conform" in names


def test_what_is_printed_is_a_table(reader: Reader) -> None:
    page = reader.open()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".printed tr").count() == 6
    assert not page.locator(".list").is_visible()


def test_only_rows_in_sight_are_elements(browser: Browser, tmp_path: Path) -> None:
    many = [of(case(f"case-{number}"), "mine") for number in range(3000)]
    file = tmp_path / "index.html"
    file.write_text(page_text([run(*many)]), encoding="utf-8")
    made = Reader(browser, file)
    page = made.open()
    assert 10 < page.locator(".window .row").count() < 80
    page.locator(".list").focus()
    page.keyboard.press("End")
    page.locator("#row-2999").wait_for()
    assert "case-2999" in page.locator("#row-2999").inner_text()
    page.keyboard.press("Enter")  # a case of the third block of details
    expect(page.locator("#case-title")).to_have_text("file.yaml::case-2999")
    made.close()
