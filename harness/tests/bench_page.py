"""How large the page of many records is, how long it takes to write and to open, and with how much memory.

python -m harness.tests.bench_page RUN_DIR [NUMBER ...] makes varied records out of those of a run, and prints a line
for each number of records. It asserts nothing: the figures are a machine's.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from harness.records.run_folder import HEADER, PAGE, RESULTS
from harness.tests.browser import opened

NUMBERS: Final = (10_000, 100_000)
MEBIBYTE: Final = 2**20


def varied(records: list[dict[str, Any]], number: int) -> Iterator[dict[str, Any]]:
    """As many records, each a case of its own in every round, with numbers and bits that no other has."""
    chance = random.Random(5)  # noqa: S311 -- no secret
    for place, record in enumerate(islice(cycle(records), number)):
        turn = place // len(records)
        case = f"{record['case']}-{turn}" if turn else record["case"]
        checks = [_varied_check(check, chance) for check in record["checks"]]
        seconds = {stage: value * chance.uniform(0.5, 2) for stage, value in record["seconds"].items()}
        digest = record["digest"] and f"{chance.getrandbits(64):016x}"
        yield record | {"case": case, "checks": checks, "seconds": seconds, "digest": digest}


def _varied_check(check: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    factor = chance.uniform(0.5, 2)
    names = ("margin", "limit", "max_abs", "max_rel", "max_ulp", "certificate")
    numbers = {name: check[name] * factor for name in names if isinstance(check[name], float)}
    bins = check["histogram"] and [chance.randint(0, 2 * n) for n in check["histogram"]]
    return check | numbers | {"histogram": bins}


def make_run(source: Path, target: Path, number: int) -> None:
    """A run folder of that many records."""
    lines = (source / RESULTS).read_text(encoding="utf-8").splitlines()
    header = json.loads((source / HEADER).read_text(encoding="utf-8"))
    collected = []
    with (target / RESULTS).open("w", encoding="utf-8") as stream:
        for record in varied([json.loads(line) for line in lines], number):
            collected.append(f"{record['case']}::{record['implementation']}")
            stream.write(f"{json.dumps(record)}\n")
    (target / HEADER).write_text(json.dumps(header | {"collected": collected}), encoding="utf-8")


def measure(folder: Path) -> str:
    """Write the page of a run with `harness report`, open it, and say what that took."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "harness", "report", str(folder)], stdout=subprocess.DEVNULL)  # noqa: S603 -- our own command
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise SystemExit(f"harness report ended with {status}")
    size = (folder / PAGE).stat().st_size
    ready = _seconds_until_ready(folder / PAGE)
    return (
        f"page {size / 1e6:.1f} MB, written in {wall:.1f} s ({usage.ru_utime + usage.ru_stime:.1f} s of processor), "
        f"{usage.ru_maxrss * 1024 / MEBIBYTE:.0f} MiB, interactive after {ready:.2f} s"
    )


def _seconds_until_ready(file: Path) -> float:
    """The best of three, from navigation to the end of the page's own script."""
    found = []
    for _ in range(3):
        with opened(file) as page:
            found.append(page.evaluate("performance.getEntriesByName('ready')[0].startTime") / 1000)
    return float(min(found))


def main(source: str, *numbers: str) -> None:
    """Print a line for each number of records."""
    for number in map(int, numbers or NUMBERS):
        with tempfile.TemporaryDirectory() as folder:
            make_run(Path(source), Path(folder), number)
            print(f"{number:,} records: {measure(Path(folder))}", flush=True)  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main(*sys.argv[1:])
