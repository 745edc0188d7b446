"""The drawing of one element's products, held against the definition (C1)."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.report.html import page as page_text
from harness.runner import described
from harness.spec.case import Case
from harness.tests import browser as browsers
from harness.tests.browser.reader import Reader
from harness.tests.browser.samples import case, of
from harness.tests.results import run


def test_pointing_at_an_element_shows_its_products(reader: Reader) -> None:
    page = reader.open_case("strided", "tf-xla")
    page.get_by_role("button", name="[1,4,8,2]").hover()
    said = page.locator(".products")
    # SAME, stride 2: pads are 0 1 above and below, 0 1 left and right; h 4 = 2p + r, w 8 = 2q + s
    assert said.inner_text() == (
        "in_backprop at n 1, h 4, w 8, c 2 is the sum of 8 products: (p,q,r,s) = (2,4,0,0) (1,4,2,0), "
        "each over 4 output channels."
    )
    assert page.locator(".drawing .partner").count() == 4
    page.get_by_label("h of the element").fill("0")
    assert "h 0, w 8 is the sum of 4 products" in said.inner_text()


def products_by_definition(case: Case) -> dict[str, int]:
    """Terms of each (h, w), counted as C1 says it: over every p, q, r, s."""
    geometry = case.geometry
    assert geometry
    height, width = geometry.height, geometry.width
    counts = {f"{h},{w}": 0 for h in range(height.input) for w in range(width.input)}
    for p in range(height.output):
        for r in range(height.filter):
            h = p * height.stride + r * height.dilation - height.pad_before
            for q in range(width.output):
                for s in range(width.filter):
                    place = f"{h},{q * width.stride + s * width.dilation - width.pad_before}"
                    if place in counts:
                        counts[place] += geometry.K // geometry.groups
    return counts


@pytest.mark.parametrize(
    "call",
    [
        {"padding": "VALID"},
        {"strides": [2, 3]},
        {"strides": 4, "filter": [2, 3, 3, 4]},
        {"padding": [[2, 0], [1, 3]], "dilations": [2, 1]},
        {"filter": [3, 2, 1, 6], "dilations": [1, 3], "strides": [2, 1]},
        {"filter": [3, 4, 3, 2], "dilations": [4, 2], "strides": [6, 4], "padding": [[8, 8], [3, 2]]},
        {"filter": [3, 2, 3, 4], "strides": 9},
        {"input_sizes": [2, 8, 1, 3], "strides": [3, 1]},
    ],
)
def test_products_are_those_of_the_definition(browser: Browser, call: dict[str, Any]) -> None:
    made = case("plain", **call)
    module = (
        (browsers.ROOT / "harness/report/assets/modules/geometry.js").read_text(encoding="utf-8").replace("export ", "")
    )
    script = f"""geometry => {{ {module}
        const counts = {{}};
        for (let h = 0; h < geometry.height.input; h += 1) for (let w = 0; w < geometry.width.input; w += 1)
            counts[`${{h}},${{w}}`] = productsOf(geometry, {{ h, w }}).count;
        return counts;
    }}"""
    page = browser.new_page()
    assert page.evaluate(script, described(made)["geometry"]) == products_by_definition(made)
    page.close()


def test_the_largest_extents_are_counted_and_drawn(browser: Browser, tmp_path: Path) -> None:
    """No loop of the page goes over an extent."""
    huge = case("huge", input_sizes=[1, 2**31 - 1, 1, 1], filter=[2**30, 1, 1, 2], strides=[2, 1], padding="VALID")
    file = tmp_path / "index.html"
    file.write_text(page_text([run(of(huge, "mine"))]), encoding="utf-8")
    made = Reader(browser, file)
    page = made.open_case("huge", "mine")
    page.get_by_label("h of the element").fill(str(2**30))
    # P is 2**29, so p runs from 1 to 2**29 - 1, for each the tap r = 2**30 - 2p
    assert (
        "is the sum of 1,073,741,822 products: (p,q,r,s) = (536870911,0,2,0)" in page.locator(".products").inner_text()
    )
    assert made.complaints == []
    made.close()
