"""The page in a real browser: what a reader does with it, and that nothing is fetched, thrown or unreadable."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from harness.records import Check, Element, ErrorReport, Result, Verdict
from harness.report.changes import compare_runs
from harness.report.exhaustion import Exhaustion, Part
from harness.report.html import page as page_text
from harness.report.html import page_of_comparison
from harness.runner import described
from harness.spec.case import Case
from harness.tests import browser as browsers
from harness.tests.strategies import make_case
from harness.tests.test_exhaustion import REFUSED, SWEPT, WRONG
from harness.tests.test_report_page import EVIL, KNOWN, run

READY: Final = 1000 * browsers.SECONDS
expect.set_options(timeout=READY)
MAPS: Final = {
    "height_width": {"shape": [2, 3], "step": [4, 3], "values": [0.1, 0.5, "Infinity", None, 0.999, 1.5]},
    "channels": {"step": 1, "values": [0.2, 3.0]},
    "phase": {"shape": [2, 1], "values": [0.3, 1.1]},
}
PASSING: Final = (
    Check("witness", "witness", "pass", margin=0.0, total=112, exercised=1.0, certificate=0.2),
    Check("accuracy", "normal", "pass", margin=0.307, limit=4.0, total=112, histogram=(100, 12, *[0] * 9)),
)
WORST: Final = Element((1, 4, 8, 2), 2.5, 3.5, 1.0, 0.4, 1e6, 1e-6)
FAILING: Final = (
    PASSING[0],
    replace(
        PASSING[1], status="fail", margin=17.5, mismatched=3, histogram=(109, *[0] * 9, 3), maps=MAPS, worst=(WORST,)
    ),
)


def case(name: str, **call: Any) -> Case:
    known: dict[str, Any] = {"input_sizes": [2, 8, 9, 3], "filter": [3, 2, 3, 4], "padding": "SAME", "dtype": "float32"}
    return make_case(name, **(known | call))


def of(case: Case, implementation: str, **known: Any) -> Result:
    values: dict[str, Any] = {"verdict": Verdict.CONFORMS, "expected": True, "checks": PASSING, "digest": "aa"}
    values |= {"reproduce": f"harness run '{case.id}' -i {implementation}", "seconds": {"total": 0.5}}
    return Result(case.id, implementation, **(described(case) | values | known))


def results() -> list[Result]:
    plain, strided = case("plain"), case("strided", strides=2, dtype="bfloat16")
    uneven = case(
        "uneven",
        strides=[3, 1],
        filter=[2, 2, 3, 4],
        padding=[[1, 2], [0, 1]],
        data_format="NCHW",
        input_sizes=[2, 3, 8, 9],
    )
    wrong: dict[str, Any] = {
        "verdict": Verdict.DEVIATES,
        "expected": False,
        "checks": FAILING,
        "digest": "bb",
        "detects": 7,
    }
    refused: dict[str, Any] = {"verdict": Verdict.REFUSES, "checks": (), "digest": None, "deviation": KNOWN}
    raised = ErrorReport("InvalidArgumentError", "no strides")
    ended = ErrorReport("SIGFPE", "", "SIGFPE", ("bad",))
    crashed: dict[str, Any] = {"verdict": Verdict.CRASHES, "expected": False, "checks": (), "digest": None}
    near = (PASSING[0], replace(PASSING[1], margin=0.93))
    return [
        of(plain, "tf-eager"),
        of(plain, "tf-xla", checks=near),
        of(strided, "tf-eager", **refused, why="InvalidArgumentError: no strides", error=raised),
        of(strided, "tf-xla", **wrong, why="accuracy: 3 of 112 elements differ", diagnosis="Shifted by one column."),
        of(uneven, "tf-eager"),
        of(uneven, "tf-xla", **crashed, why="SIGFPE", error=ended),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.browser() as started:
        yield started


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "index.html"
    header: dict[str, Any] = {
        "versions": {"tensorflow": "2.21.0"},
        "started": "2026-11-22T20:30:39+00:00",
        "onednn": {"tf-xla": "off"},
    }
    file.write_text(page_text([run(*results(), **header)]), encoding="utf-8")
    return file


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

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def reader(browser: Browser, written: Path) -> Iterator[Reader]:
    made = Reader(browser, written)
    yield made
    made.close()
    assert made.complaints == []
    assert {url for url in made.requests if not url.startswith(written.as_uri())} <= {"data:,"}


def shown(page: Page) -> list[str]:
    """Case and implementation of the rows in the list."""
    rows = page.locator(".window .row")
    return [
        f"{row.locator('.of-id bdi').get_attribute('title')} {row.locator('.of-implementation').inner_text()}".split(
            "::"
        )[1]
        for row in rows.all()
    ]


def test_the_first_thing_read_is_the_verdict(reader: Reader) -> None:
    page = reader.open()
    assert page.locator("h1").inner_text().endswith("Does not conform: 2 of 6 results are not as expected")
    assert "TensorFlow 2.21.0" in page.locator("header").inner_text()
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
    assert page.evaluate("location.hash") == "#q=tf-xla"
    page.keyboard.press("?")
    assert page.locator("dialog.help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog.help").is_visible()


def opened(reader: Reader, name: str, implementation: str) -> Page:
    page = reader.open(f"#open={quote(f'file.yaml::{name}::{implementation}')}")
    page.locator("#case-title").wait_for()
    return page


def test_back_closes_what_a_click_opened(reader: Reader) -> None:
    page = reader.open()
    page.locator("#row-0").click()
    page.locator("#case-title").wait_for()
    assert page.evaluate("decodeURIComponent(location.hash)") == "#open=file.yaml::strided::tf-xla"
    page.go_back()
    page.locator("#case-title").wait_for(state="hidden")


def test_a_case_opens_on_all_there_is(reader: Reader) -> None:
    page = opened(reader, "strided", "tf-xla")
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
    page = opened(reader, "strided", "tf-xla")
    assert page.locator("figure .cell").count() == 6 + 2 + 2
    assert page.locator("figure .ring").count() == 2 + 1 + 1
    page.locator("figure .cell").nth(5).hover()
    assert page.locator("figure output").first.inner_text() == "h 4 to 7, w 6 to 8: 1.5 of the limit"
    assert "Where the error lies" not in opened(reader, "plain", "tf-xla").locator("dialog.case").inner_text()


def test_pointing_at_an_element_shows_its_products(reader: Reader) -> None:
    page = opened(reader, "strided", "tf-xla")
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


def test_copying(browser: Browser, written: Path) -> None:
    made = Reader(browser, written, permissions=["clipboard-read", "clipboard-write"])
    page = opened(made, "plain", "tf-eager")
    for what, start in (("Command", "harness run"), ("YAML", "op: Conv2D"), ("Program", "# file.yaml::plain")):
        page.get_by_role("button", name=f"Copy {what}").click()
        expect(page.locator("#announcer")).to_have_text(f"{what} copied")
        assert page.evaluate("navigator.clipboard.readText()").startswith(start)
    made.close()


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


OPEN: Final = f"#open={quote('file.yaml::strided::tf-xla')}"


@pytest.mark.parametrize(
    ("scheme", "width", "fragment"),
    [("light", 1400, ""), ("dark", 390, ""), ("light", 390, OPEN), ("dark", 1400, OPEN)],
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


def test_two_runs_open_on_what_changed(browser: Browser, tmp_path: Path) -> None:
    before = run(*(replace(one, verdict=Verdict.CONFORMS, expected=True, checks=PASSING) for one in results()))
    file = tmp_path / "diff.html"
    file.write_text(page_of_comparison(compare_runs(before, run(*results(), folder="now"))), encoding="utf-8")
    made = Reader(browser, file)
    page = made.open()
    assert page.input_value("#search") == "change:*"
    assert shown(page) == ["strided tf-xla", "uneven tf-xla", "strided tf-eager", "plain tf-xla"]
    page.get_by_role("row").filter(has_text="strided").first.click()
    page.locator("#case-title").wait_for()
    assert page.locator(".beside tbody tr").count() == 4
    assert "newly deviating, changed margin since the other run" in page.locator("dialog.case").inner_text()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear").click()
    assert page.locator("#found").inner_text() == "12 results"
    assert made.complaints == []
    made.close()


def test_a_sweep_without_results_is_a_page_too(browser: Browser, tmp_path: Path) -> None:
    """What `harness exhaust` leaves: its sentence is the verdict, and a list of nothing is no error."""
    swept = replace(SWEPT, kinds=(WRONG, REFUSED), height=Part(2000, 796, 1200, 0, 4))
    file = tmp_path / "index.html"
    file.write_text(
        page_text([replace(run(), exhaustion=Exhaustion(swept=(swept,), finished="now"))]), encoding="utf-8"
    )
    made = Reader(browser, file)
    page = made.open()
    assert "not right for 4 of the geometries of one axis up to input 8" in page.locator("h1").inner_text()
    table = page.locator("#exhaustion").inner_text()
    assert "harness run then/counter-examples.yaml::" in table
    assert "NotImplementedError: no" in table
    assert page.locator("#found").inner_text() == "0 results"
    assert made.complaints == []
    made.close()


def test_hostile_strings_are_only_shown(browser: Browser, tmp_path: Path) -> None:
    entry = {"place": EVIL, "reason": EVIL, "link": EVIL}
    checks = tuple(replace(check, name=EVIL, data=EVIL, note=EVIL) for check in FAILING)
    known: dict[str, Any] = {
        "why": EVIL,
        "deviation": entry,
        "diagnosis": EVIL,
        "ran": EVIL,
        "checks": checks,
        "tags": (EVIL,),
    }
    evil = replace(
        of(case("plain"), EVIL), case=f"{EVIL}::{EVIL}", error=ErrorReport(EVIL, EVIL, EVIL, (EVIL,)), **known
    )
    bad = replace(evil, implementation="other", verdict=Verdict.DEVIATES, expected=False, reproduce=EVIL)
    file = tmp_path / "index.html"
    file.write_text(page_text([run(evil, bad, command=EVIL)]), encoding="utf-8")
    made = Reader(browser, file)
    page = made.open()
    page.locator("#row-0").click()
    page.locator("#case-title").wait_for()
    assert page.locator("#case-title").inner_text() == (
        "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\\u202egpj.exe\\x00\\ud800::"
        "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\\u202egpj.exe\\x00\\ud800"
    )
    assert not page.locator("img").count()
    assert page.locator("script:not([type])").count() == 1
    assert made.complaints == []
    made.close()


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
    page = opened(made, "huge", "mine")
    page.get_by_label("h of the element").fill(str(2**30))
    # P is 2**29, so p runs from 1 to 2**29 - 1, for each the tap r = 2**30 - 2p
    assert (
        "is the sum of 1,073,741,822 products: (p,q,r,s) = (536870911,0,2,0)" in page.locator(".products").inner_text()
    )
    assert made.complaints == []
    made.close()
