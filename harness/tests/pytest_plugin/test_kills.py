"""Real kills at random moments: what was finished is there, and resuming gives what an undisturbed run gives."""

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.hosts.memory import process_tree
from harness.records.run_folder import read_run
from harness.tests.cases import HEAD, PLAIN, write
from harness.tests.processes import EXAMPLES, ROOT, harness, header, records

KILLS = int(os.environ.get("HARNESS_KILLS", "3"))  # a person runs more of them than every build does
CASES = HEAD + (
    "defaults: {padding: SAME, input_sizes: [1, 5, 4, 2], filter: [3, 2, 2, 3]}\n"
    "cases:\n  - id: many\n    matrix: {strides: [1, 2], dilations: [1, 2, 3, 4], dtype: [half, float32, int32]}\n"
)


def timeless(folder: Path) -> dict[str, Any]:
    """Records by their names, without what may differ from run to run."""
    return {f"{record['case']}::{record['implementation']}": record | {"seconds": {}} for record in records(folder)}


def arguments(file: Path, folder: Path) -> list[str]:
    kernels = ("right", "aborts_when_strided")
    chosen = [f"-i{name}={EXAMPLES}:{name}" for name in kernels]
    return ["run", str(file), *chosen, "-n", "2", "--out", str(folder)]


def started(file: Path, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 -- our own command
        [sys.executable, "-m", "harness", *arguments(file, folder)], cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def kill_one(controller: int, victim: str, chance: random.Random) -> None:
    """Kill the controller, a worker or a host with SIGKILL; what ended meanwhile is no victim."""
    if victim == "controller":
        return os.kill(controller, signal.SIGKILL)
    hosts: list[int] = []
    workers: list[int] = []
    for pid in process_tree(controller)[1:]:
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            (hosts if b"remote/__main__.py" in command else workers).append(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(hosts if victim == "host" else workers), signal.SIGKILL)
    return None


def assert_ended(processes: list[int]) -> None:
    """Wait for the ends of processes, given by their descriptors."""
    for process in processes:
        assert select.select([process], [], [], 30)[0] == [process]
        os.close(process)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    file = write(folder, CASES)
    assert harness(*arguments(file, folder / "run")).returncode == 1
    return file, timeless(folder / "run")


@pytest.mark.parametrize("seed", range(KILLS))
def test_nothing_is_lost_whoever_is_killed(seed: int, undisturbed: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    file, expected = undisturbed
    folder = tmp_path / "run"
    chance = random.Random(seed)  # noqa: S311 -- not for secrets
    victim = ("controller", "worker", "host")[seed % 3]
    wanted = chance.randrange(1, 30)
    results = folder / "results.ndjson"
    with started(file, folder) as running:
        while running.poll() is None and (not results.exists() or results.read_bytes().count(b"\n") < wanted):
            pass  # watching for the moment, not waiting a time
        finished = results.read_bytes().count(b"\n")
        kill_one(running.pid, victim, chance)
    before = {f"{record.case}::{record.implementation}" for record in read_run(folder).results}
    assert len(before) >= finished
    if victim == "controller":
        assert running.returncode == -signal.SIGKILL
        assert header(folder)["complete"] is False
        assert '</span> <bdi dir="ltr">Incomplete: 48 of 48 ' in (folder / "index.html").read_text(encoding="utf-8")
    else:
        assert header(folder)["complete"] is True
    harness("run", "--resume", folder)
    assert header(folder)["complete"] is True
    found = timeless(folder)
    assert found.keys() == expected.keys()
    assert len(records(folder)) == len(expected)
    assert {name: record["verdict"] for name, record in found.items()} == {
        name: record["verdict"] for name, record in expected.items()
    }
    stable = [name for name, record in expected.items() if record["verdict"] != "crashes"]
    differing = [name for name in stable if found[name] | {"why": ""} != expected[name] | {"why": ""}]
    assert differing == []


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_ends_a_run_in_order(number: signal.Signals, workers: str, tmp_path: Path) -> None:
    """What is finished is written, the page says what is missing, nothing lives on, and resuming does the rest."""
    folder = tmp_path / "run"
    slow = [f"-iright={EXAMPLES}:right", f"-isleeps={EXAMPLES}:sleeps", "--timeout=600", "-n", workers]
    command = [sys.executable, "-m", "harness", "run", str(write(tmp_path, PLAIN)), *slow, "--out", str(folder)]
    results = folder / "results.ndjson"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:  # noqa: S603
        while not results.exists() or not results.read_bytes():
            pass
        finished = len(records(folder))
        watched = [os.pidfd_open(pid) for pid in process_tree(running.pid)[1:]]
        running.send_signal(number)
    assert running.returncode == 2
    assert_ended(watched)
    found = header(folder)
    assert found["complete"] is False
    missing = set(found["collected"]) - {f"{record['case']}::{record['implementation']}" for record in records(folder)}
    assert len(records(folder)) >= finished
    assert len(missing) == len(found["collected"]) - len(records(folder)) > 0
    first_line = f'</span> <bdi dir="ltr">Incomplete: {len(missing):,} of {len(found["collected"])} collected results'
    assert first_line in (folder / "index.html").read_text(encoding="utf-8")
    assert harness("run", "--resume", folder, "--timeout", "0.2").returncode == 1
    assert header(folder)["complete"] is True
    assert {record["verdict"] for record in records(folder)} == {"conforms", "times_out"}


def test_a_worker_that_its_kernel_kills_is_replaced_as_often_as_it_takes(tmp_path: Path) -> None:
    text = PLAIN.replace("[2, [1, 3]]", "[1, 2, 3, 4, 5, 6, 7]")
    kernel = f"k={EXAMPLES}:aborts_when_strided"
    done = harness(
        "run", write(tmp_path, text), "-i", kernel, "-n", "2", "--isolation", "none", "--out", tmp_path / "r"
    )
    assert done.returncode == 1
    assert header(tmp_path / "r")["complete"] is True
    assert header(tmp_path / "r")["counts"]["crashes"] == 6
    died = [record for record in records(tmp_path / "r") if record["verdict"] == "crashes"]
    assert {record["why"] for record in died} == {"the worker process that ran this case ended, twice"}


def test_no_host_outlives_a_killed_controller(undisturbed: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    file, _ = undisturbed
    with started(file, tmp_path / "run") as running:
        results = tmp_path / "run" / "results.ndjson"
        while not results.exists() or not results.read_bytes():
            pass
        watched = [os.pidfd_open(pid) for pid in process_tree(running.pid)[1:]]
        running.kill()
    assert_ended(watched)
