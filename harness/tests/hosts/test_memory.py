import subprocess
import sys
from pathlib import Path

import pytest

from harness import runner
from harness.hosts.memory import PeakMemory, memory_free, memory_needed
from harness.implementations.resolve import BUILT_IN
from harness.records import Verdict
from harness.tests.cases import HEAD, PLAIN, cases_of

LARGE = HEAD + ("cases:\n  - {id: large, input_sizes: [64, 40000, 40000, 64], filter: [3, 3, 64, 64], padding: SAME}\n")


def test_a_case_that_does_not_fit_is_skipped_with_the_number(tmp_path: Path) -> None:
    (case,) = cases_of(tmp_path, LARGE)
    result = runner.run(case, BUILT_IN["tf-eager"])
    assert result.verdict is Verdict.SKIPPED
    assert result.expected
    assert result.why.startswith("needs about ")
    assert "GiB are free" in result.why


def test_the_estimate_covers_the_operands_and_grows_with_them(tmp_path: Path) -> None:
    small = cases_of(tmp_path, PLAIN)[0]
    (large,) = cases_of(tmp_path, LARGE)
    assert small.geometry is not None
    assert large.geometry is not None
    assert 40 * 4 < memory_needed(small, small.geometry) < 10**6
    assert memory_needed(large, large.geometry) > 2 * 64 * 40000 * 40000 * 64 * 4


def test_what_is_free_is_some_of_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 2**20 < memory_free() < 2**50
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "nothing of use\n")
    assert 2**20 < memory_free() < 2**50

    def unreadable(*_: object, **__: object) -> str:
        raise OSError

    monkeypatch.setattr(Path, "read_text", unreadable)
    assert memory_free() == 2**62


def test_the_peak_is_of_all_processes_together() -> None:
    """A child that holds 300 MB shows, and two of its pages are not counted twice."""
    program = "held = bytearray(b'x' * 300_000_000); print(flush=True); input()"
    peak = PeakMemory()
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:  # noqa: S603
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        seen = PeakMemory().stop()
        child.stdin.write(b"\n")
    assert 300_000_000 < seen < memory_free()
    assert PeakMemory().stop() < seen - 290_000_000
    assert peak.stop() > 0
