"""The pictures of the docs, by theme: the page of a real run, a case that fails, two runs, and the playground.

python -m harness.tests.screenshots RUN_DIR: a full run. What fails is a kernel that was right last week and
adds at the edge, today, what belongs in the padding.
"""

import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from playwright.sync_api import Browser

from harness.records.run_folder import PAGE, read_run
from harness.report.changes import compare_runs
from harness.report.html import page, page_of_comparison
from harness.tests.browser import ROOT, SECONDS, browser
from harness.tests.processes import harness

IMAGES: Final = ROOT / "docs" / "images"
CASES: Final = "cases/conv2d_backprop_input/padding.yaml"
WRONG: Final = "conv2d_backprop_input/padding.yaml::explicit-as-pairs::my-kernel"
KERNELS: Final = {"last-week": "right", "today": "wrong"}
KERNEL: Final = """from harness.implementations.mutants import MUTANTS
from harness.implementations.mutants.kernel import CORRECT as right

wrong = MUTANTS["pads-clamped"]
"""
SCRATCH: Final = "reports/screenshots"
SUFFIXES: Final = {"light": "", "dark": "-dark"}
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
    shown.screenshot(path=IMAGES / f"{name}{SUFFIXES[scheme]}.png")
    context.close()


def main(run_folder: str) -> None:
    """Take all pictures."""
    folder = ROOT / SCRATCH
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.py").write_text(KERNEL, encoding="utf-8")
    with browser() as started:
        for name, kernel in KERNELS.items():
            implementation = f"my-kernel={SCRATCH}/kernel.py:{kernel}"
            done = harness("run", CASES, "-i", implementation, "-i", "tf-eager", "--out", f"{SCRATCH}/{name}")
            if done.returncode > 1:
                raise SystemExit(done.stdout + done.stderr)
        before, after = (read_run(folder / name) for name in KERNELS)
        (folder / PAGE).write_text(page([read_run(Path(run_folder))]), encoding="utf-8")
        (folder / "diff.html").write_text(page_of_comparison(compare_runs(before, after)), encoding="utf-8")
        for scheme in ("light", "dark"):
            take(started, folder / PAGE, "report", scheme, height=1100)
            take(started, folder / "today" / PAGE, "case", scheme, f"#open={quote(WRONG)}", 1500)
            take(started, folder / "diff.html", "diff", scheme)
            take(started, ROOT / "docs" / "two-ways.html", "two-ways", scheme, height=900)


if __name__ == "__main__":
    main(*sys.argv[1:])
