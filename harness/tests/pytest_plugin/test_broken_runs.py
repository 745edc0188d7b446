"""Runs that something breaks: a file, a disk, a worker, the harness itself; and their resuming."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.records.run_folder import read_run
from harness.tests.cases import PLAIN, write
from harness.tests.processes import EXAMPLES, OFF, RIGHT, ROOT, harness, header, pytest_in_root, records

STRIDES = "cases/conv2d_backprop_input/strides.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path, PLAIN)


def test_an_error_in_collecting_the_harness_s_own_tests_is_4(tmp_path: Path) -> None:
    broken = write(tmp_path, "import no_such_module\n", "test_broken.py")
    elsewhere = f"--run-folder={tmp_path / 'run'}"
    assert pytest_in_root(broken, STRIDES, "-p", "harness.pytest_plugin", elsewhere).returncode == 4


def test_a_run_folder_that_cannot_be_written_is_said(file: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    done = harness("run", file, "-i", RIGHT, "--out", tmp_path / "taken")
    assert done.returncode == 4
    assert "the run cannot be written" in done.stderr + done.stdout


def test_a_worker_that_dies_leaves_a_record(file: Path, tmp_path: Path) -> None:
    kernel = write(tmp_path, "import os\ndef kernel(**_):\n    os.abort()\n", "aborts.py")
    done = harness("run", f"{file}::plain", "-i", f"aborts={kernel}:kernel", "-n", "1", "--out", tmp_path / "run")
    assert done.returncode == 1
    (record,) = records(tmp_path / "run")
    assert (record["verdict"], record["expected"]) == ("crashes", False)
    assert record["attributes"]["input_sizes"] == [1, 5, 4, 2]


def test_a_worker_that_dies_after_its_report_leaves_one_record(file: Path, tmp_path: Path) -> None:
    plugin = {"PYTEST_PLUGINS": "harness.tests.dies_after_its_report"}
    done = harness("run", file, "-i", RIGHT, "-n", "1", "--out", tmp_path / "run", environment=plugin)
    assert "node down" in done.stdout
    assert done.returncode == 0, done.stdout
    names = [record["case"] for record in records(tmp_path / "run")]
    assert len(names) == len(set(names)) == 7
    assert header(tmp_path / "run")["complete"] is True
    assert "7 passed" in done.stdout


def test_an_error_of_the_harness_itself_is_3_and_shown_whole(file: Path, tmp_path: Path) -> None:
    broken = write(
        tmp_path,
        "import harness.runner\n"
        "def _judge_values(*_): raise ZeroDivisionError('ours')\n"
        "harness.runner._judge_values = _judge_values\n",
        "sabotage.py",
    )
    done = harness("run", f"{file}::plain", "-i", RIGHT, "--out", tmp_path / "run",
                   environment={"PYTEST_PLUGINS": broken.stem, "PYTHONPATH": str(tmp_path)})  # fmt: skip
    assert done.returncode == 3
    assert "ZeroDivisionError: ours" in done.stdout
    (record,) = records(tmp_path / "run")
    assert (record["verdict"], record["expected"]) == ("skipped", False)
    assert record["why"] == "the harness failed while it judged: ZeroDivisionError: ours"


def test_resuming_does_what_is_missing_and_nothing_else(file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert harness("run", file, "-i", RIGHT, "-i", OFF, "--out", run).returncode == 1
    whole = records(run)
    results = run / "results.ndjson"
    kept = results.read_text().splitlines(keepends=True)[:5]
    results.write_text("".join(kept) + '{"format":1,"case":"torn')
    done = harness("run", "--resume", run)
    assert done.returncode == 1
    assert results.read_text().startswith("".join(kept))
    assert [record | {"seconds": 0} for record in records(run)] == [record | {"seconds": 0} for record in whole]
    assert header(run)["complete"] is True
    again = harness("run", "--resume", run)
    assert again.returncode == 1
    assert len(records(run)) == len(whole)


def test_a_resumed_run_has_the_options_that_it_began_with(file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    options = ("--threads", "1,2", "--kernel-budget", "0", "--timeout", "7", "--isolation", "none")
    assert harness("run", file, "-i", RIGHT, *options, "--out", run).returncode == 0
    whole = records(run)
    assert {record["implementation"] for record in whole} == {"right:1-threads", "right:2-threads"}
    results = run / "results.ndjson"
    results.write_text("".join(results.read_text().splitlines(keepends=True)[:5]))
    assert harness("run", "--resume", run).returncode == 0
    assert [record | {"seconds": 0} for record in records(run)] == [record | {"seconds": 0} for record in whole]
    kept = header(run)["options"]
    assert (kept["threads"], kept["kernel_budget"], kept["call_timeout"], kept["isolation"]) == ("1,2", 0, 7.0, "none")


def test_a_baseline_pins_what_one_machine_is_known_to_do(file: Path, tmp_path: Path) -> None:
    """The same outcome is as expected then, and another one is not."""
    first, packed = tmp_path / "first", tmp_path / "first.ndjson.gz"
    assert harness("run", file, "-i", OFF, "--out", first).returncode == 1
    harness("deviations", first, "--pack", packed)
    for baseline in first, packed:
        done = harness("run", file, "-i", OFF, "--baseline", baseline, "--out", tmp_path / "again")
        assert done.returncode == 0, done.stdout
        wrong = [record for record in records(tmp_path / "again") if record["verdict"] != "conforms"]
        assert {record["deviation"]["place"] for record in wrong} == {str(baseline)}
    other = harness(
        "run", file, "-i", f"off={EXAMPLES}:returns_wrong_shape", "--baseline", first, "--out", tmp_path / "other"
    )
    assert other.returncode == 1


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTEST_PLUGINS": "harness.tests.warns"},
        {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        {"PYTHONOPTIMIZE": "2"},
    ],
)
def test_what_else_is_set_or_installed_changes_nothing(environment: dict[str, str], file: Path, tmp_path: Path) -> None:
    done = harness("run", file, "-i", RIGHT, "-n", "1", "--out", tmp_path / "run", environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "right: 7 conforms" in done.stdout


def test_a_full_disk_ends_the_run_and_leaves_whole_records(file: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: the system refuses the write in the same way."""
    run = tmp_path / "run"
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        f"sys.argv = ['harness', 'run', {str(file)!r}, '-i', {RIGHT!r}, '--out', {str(run)!r}]\n"
        "from harness.cli import main; main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 3
    assert "the run ends here" in done.stdout + done.stderr
    assert header(run)["complete"] is False
    finished = read_run(run)
    assert 0 < len(finished.results) < 7
