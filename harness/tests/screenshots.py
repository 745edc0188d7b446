"""The pictures of the docs, from a real run: the page, a case that fails, and two runs against each other, by theme.

python -m harness.tests.screenshots RUN_DIR: a full run. What fails is made here: a kernel with one element off, and
the records of that run with what another version of it might have changed.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from playwright.sync_api import Browser

from harness.report.changes import compare_runs
from harness.report.html import page, page_of_comparison
from harness.report.run_folder import PAGE, read_run
from harness.tests.browser import ROOT, SECONDS, browser
from harness.tests.processes import EXAMPLES, harness

IMAGES: Final = ROOT / "docs" / "images"
CASES: Final = "cases/conv2d_backprop_input/padding.yaml"
WRONG: Final = "conv2d_backprop_input/padding.yaml::explicit-as-pairs::my-kernel"
SIZE: Final = {"width": 1280, "height": 860}


def take(
    started: Browser, file: Path, name: str, scheme: Any, fragment: str = "", height: int = SIZE["height"]
) -> None:
    """One picture of a page."""
    context = started.new_context(color_scheme=scheme, viewport=SIZE | {"height": height})  # type: ignore[arg-type]
    shown = context.new_page()
    shown.goto(f"{file.resolve().as_uri()}{fragment}")
    shown.wait_for_selector("html.ready", timeout=1000 * SECONDS)
    if fragment:
        shown.locator("#case-title").wait_for()
    shown.screenshot(path=IMAGES / f"{name}-{scheme}.png")
    context.close()


def main(run_folder: str) -> None:
    """Take all pictures."""
    with tempfile.TemporaryDirectory() as name, browser() as started:
        folder = Path(name)
        for number, kernel in enumerate(("right", "one_element_off")):
            implementation = f"my-kernel={EXAMPLES.relative_to(ROOT)}:{kernel}"
            done = harness("run", CASES, "-i", implementation, "-i", "tf-eager", "--out", folder / str(number))
            if done.returncode > 1:
                raise SystemExit(done.stdout + done.stderr)
        before, after = (read_run(folder / str(number)) for number in range(2))
        (folder / PAGE).write_text(page([read_run(Path(run_folder))]), encoding="utf-8")
        (folder / "diff.html").write_text(page_of_comparison(compare_runs(before, after)), encoding="utf-8")
        for scheme in ("light", "dark"):
            take(started, folder / PAGE, "report", scheme, height=1100)
            take(started, folder / "1" / PAGE, "case", scheme, f"#open={quote(WRONG)}", 1240)
            take(started, folder / "diff.html", "diff", scheme)


if __name__ == "__main__":
    main(*sys.argv[1:])
