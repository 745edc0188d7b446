"""Whole runs: what is selected, what is written, and what is said."""

import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from harness.implementations.frameworks import DEFAULT
from harness.tests.cases import HEAD, PLAIN, write
from harness.tests.processes import EXAMPLES, OFF, RIGHT, ROOT, harness, header, pytest_in_root, records

STRIDES = "cases/conv2d_backprop_input/strides.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path, PLAIN)


def test_a_run_leaves_a_whole_folder(file: Path, tmp_path: Path) -> None:
    done = harness("run", file, "-i", RIGHT, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(entry.name for entry in (tmp_path / "run").iterdir()) == [
        "index.html",
        "junit.xml",
        "results.ndjson",
        "run.json",
        "summary.md",
    ]
    found = header(tmp_path / "run")
    assert found["complete"] is True
    assert found["collected"] == [f"{record['case']}::right" for record in records(tmp_path / "run")]
    assert found["counts"] == {"conforms": 7, "expected": 7, "unexpected": 0}
    here = found["environments"]["here"]
    assert {"python", "system", "machine", "processor", "features", "cores", "memory", "packages"} <= here.keys()
    assert here["packages"].keys() == {"numpy", "ml_dtypes"}  # nothing of the run needed TensorFlow
    assert found["harness"] == version("conv2d-backprop-input-conformance")
    assert "right: 7 conforms" in done.stdout
    assert f"report: {tmp_path / 'run' / 'index.html'}" in done.stdout


def test_ids_are_those_of_the_contract(file: Path, tmp_path: Path) -> None:
    harness("run", file, "-i", RIGHT, "--out", tmp_path / "run")
    assert [record["case"] for record in records(tmp_path / "run")] == [
        "cases.yaml::plain",
        "cases.yaml::strided[strides:2]",
        "cases.yaml::strided[strides:1x3]",
        "cases.yaml::typed[half]",
        "cases.yaml::typed[bfloat16]",
        "cases.yaml::typed[float64]",
        "cases.yaml::typed[int32]",
    ]


def test_workers_give_the_same_records_as_one_process(file: Path, tmp_path: Path) -> None:
    harness("run", file, "-i", RIGHT, "-i", OFF, "--out", tmp_path / "alone")
    done = harness("run", file, "-i", RIGHT, "-i", OFF, "-n", "2", "--out", tmp_path / "shared")
    assert done.returncode == 1

    def timeless(folder: Path) -> list[str]:
        return sorted(str(record | {"seconds": None}) for record in records(folder))

    assert timeless(tmp_path / "shared") == timeless(tmp_path / "alone")
    assert header(tmp_path / "shared")["collected"] == header(tmp_path / "alone")["collected"]
    assert header(tmp_path / "shared")["threads"]["workers"] == 2


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_failure_is_a_compact_diff_and_a_line_that_reproduces_it(file: Path, tmp_path: Path, workers: str) -> None:
    done = harness("run", f"{file}::strided", "-i", OFF, "-n", workers, "--out", tmp_path / "run")
    assert done.returncode == 1
    line = f"harness run '{file}::strided[strides:2]' -i {OFF}"
    assert f"reproduce: {line}" in done.stdout
    assert "off deviates on cases.yaml::strided[strides:2]" in done.stdout
    assert "Traceback" not in done.stdout
    assert "runner.py" not in done.stdout
    assert re.search(r"FAILED \S*cases.yaml::strided\[strides:2\]::off( |$)", done.stdout, re.MULTILINE)


def test_the_line_that_reproduces_does(file: Path, tmp_path: Path) -> None:
    harness("run", file, "-i", OFF, "--out", tmp_path / "run")
    record = records(tmp_path / "run")[1]
    command, *arguments = shlex.split(record["reproduce"])
    assert command == "harness"
    again = harness(*arguments, "--out", tmp_path / "again")
    assert again.returncode == 1
    assert [r["case"] for r in records(tmp_path / "again")] == [record["case"]]
    assert records(tmp_path / "again")[0]["digest"] == record["digest"]


def test_invalid_files_run_nothing_and_show_every_problem(file: Path, tmp_path: Path) -> None:
    wrong = write(tmp_path, HEAD + "cases:\n  - {id: a, fliter: []}\n  - {id: a}\n", "wrong.yaml")
    done = harness("run", file, wrong, "-i", RIGHT, "--out", tmp_path / "run")
    assert done.returncode == 4
    assert done.stderr.splitlines() == [
        f"{wrong}:3:5: a: input_sizes is missing",
        f"{wrong}:3:5: a: padding is missing: one of SAME, VALID, EXPLICIT or [[top, bottom], [left, right]]",
        f"{wrong}:3:13: unknown key 'fliter'; did you mean 'filter'?",
        f"{wrong}:4:5: a: filter is missing",
        f"{wrong}:4:5: a: input_sizes is missing",
        f"{wrong}:4:5: a: padding is missing: one of SAME, VALID, EXPLICIT or [[top, bottom], [left, right]]",
        f"{wrong}:4:10: duplicate id 'a'; line 3 has it",
    ]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nosuch.yaml"], 4, "nosuch.yaml: no such file"),
        (["strides.yaml::nosuch"], 5, "no such case"),
        (["nosuch.yaml::a"], 5, "no such case file"),
        (["-i", "tf-eger"], 4, "did you mean 'tf-eager'?"),
        (["-n", "x"], 4, "-n takes a number"),
    ],
)
def test_wrong_usage_is_4_and_nothing_matched_is_5(arguments: list[str], status: int, message: str) -> None:
    done = harness("run", *arguments)
    assert done.returncode == status
    assert message in done.stderr


def test_pytest_selects_by_keyword_id_and_implementation() -> None:
    def collected(*arguments: str) -> list[str]:
        done = pytest_in_root("--collect-only", "-q", *arguments)
        return [line for line in done.stdout.splitlines() if "::" in line]

    one = f"{STRIDES}::grid[strides:3x2-padding:SAME]"
    assert collected(f"{one}::tf-eager") == [f"{one}::tf-eager"]
    assert collected(one) == [f"{one}::{name}" for name in DEFAULT]
    assert len(collected(f"{STRIDES}::grid", "--implementation=tf-eager")) == 18
    assert collected(STRIDES, "-k", "tf-eager and strides:3x2 and SAME and grid") == [f"{one}::tf-eager"]
    assert collected(STRIDES, "-k", "nothing-is-called-so") == []


@pytest.mark.parametrize("workers", ["0", "2"])
def test_lf_runs_what_failed_last_whatever_its_id_looks_like(workers: str, tmp_path: Path) -> None:
    def run(right: str, *options: str) -> str:
        given = [f"--implementation={each}" for each in (right, OFF)]
        folder = f"--run-folder={tmp_path / 'run'}"
        done = pytest_in_root(STRIDES, "-k", "grid and SAME", "-n", workers, folder, *given, *options, cache=tmp_path)
        assert "]::off]" not in done.stdout
        return done.stdout.splitlines()[-1]

    assert "6 failed, 6 passed" in run(RIGHT)
    assert "6 failed" in (again := run(RIGHT, "--lf"))
    assert "passed" not in again
    now_right = f"off={EXAMPLES}:right"
    done = pytest_in_root(STRIDES, "--lf", f"--implementation={now_right}", "--collect-only", "-q", cache=tmp_path)
    assert done.stdout.count("::off") == 6


def test_where_nothing_is_to_be_run_only_what_was_made_for_it_goes(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for given in ([], [f"--run-folder={tmp_path / 'mine'}"]):
        assert pytest_in_root(STRIDES, "-k", "nosuch", f"--implementation={RIGHT}", *given).returncode == 5
    assert (tmp_path / "mine").is_dir()


def test_collecting_writes_nothing() -> None:
    before = sorted((ROOT / "reports").iterdir())
    done = pytest_in_root("--collect-only", "-q", STRIDES)
    assert done.returncode == 0
    assert sorted((ROOT / "reports").iterdir()) == before


def test_pytest_itself_runs_cases_and_x_stops_at_the_first_failure(tmp_path: Path) -> None:
    options = (STRIDES, "-q", "-x", f"--implementation={OFF}", f"--run-folder={tmp_path / 'run'}")
    assert pytest_in_root(*options).returncode == 1
    assert len(records(tmp_path / "run")) == 1
    assert header(tmp_path / "run")["complete"] is False
    assert pytest_in_root(*options, "-n", "2").returncode == 1


@pytest.fixture
def small_root(tmp_path: Path) -> Path:
    """A project of its own, with one case and what is known of it."""
    write(tmp_path, PLAIN, "cases/cases.yaml")
    write(tmp_path, "", "pytest.ini")
    write(tmp_path, 'pytest_plugins = ["harness.pytest_plugin"]\n', "conftest.py")
    return tmp_path


def in_root(root: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-m", "pytest", "-q", "--rootdir", root, *arguments, "--run-folder=run"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COVERAGE_PROCESS_START": ""},
    )
    return done.returncode, done.stdout + done.stderr


def test_known_deviations_xfail_and_a_stale_or_idle_one_fails(small_root: Path) -> None:
    entry = "- {match: '*', verdict: refuses, reason: this is refused on purpose here}\n"
    file = write(small_root, entry, "cases/known_deviations/mine.yaml")
    status, output = in_root(small_root, "cases", f"--implementation=mine={EXAMPLES}:refuses")
    assert (status, "7 xfailed" in output) == (0, True), output
    status, output = in_root(small_root, "cases", f"--implementation=mine={EXAMPLES}:right")
    assert (status, "7 failed" in output) == (1, True), output
    file.write_text(entry.replace("'*'", "'nothing.yaml::*'"))
    status, output = in_root(small_root, "cases", f"--implementation=mine={EXAMPLES}:right")
    assert (status, "7 passed" in output) == (1, True), output
    assert "known_deviations/mine.yaml:1 matches no case" in output
    status, output = in_root(small_root, "cases/cases.yaml::plain", f"--implementation=mine={EXAMPLES}:right")
    assert status == 0, output


def test_a_wrong_deviations_file_is_4(small_root: Path) -> None:
    write(small_root, "- {match: '*', verdict: refuse}\n", "cases/known_deviations/mine.yaml")
    status, output = in_root(small_root, "cases", f"--implementation=mine={EXAMPLES}:right")
    assert status == 4
    assert "known_deviations/mine.yaml:1:25: 'refuse' is not one of" in output


def test_threads_run_everything_once_for_each_number_in_hosts_of_their_own(file: Path, tmp_path: Path) -> None:
    """With more environments than hosts the items are ordered, so that no host is started twice."""
    reports = write(
        tmp_path,
        "import os\nfrom harness.tests.example_kernels import right\n"
        "def kernel(**call):\n"
        "    with open(os.environ['HOSTS_SEEN'], 'a') as log:\n"
        "        log.write(f\"{os.getpid()} {os.environ['TF_NUM_INTRAOP_THREADS']}\\n\")\n"
        "    return right(**call)\n",
        "logs.py",
    )
    done = harness(
        *("run", file, "-i", f"mine={reports}:kernel", "--threads", "1,2,3", "--out", tmp_path / "run"),
        environment={"HOSTS_SEEN": str(tmp_path / "log")},
    )
    assert done.returncode == 0, done.stdout
    seen = set((tmp_path / "log").read_text().splitlines())
    assert sorted(line.split()[1] for line in seen) == ["1", "2", "3"]
    names = {record["implementation"] for record in records(tmp_path / "run")}
    assert names == {"mine:1-threads", "mine:2-threads", "mine:3-threads"}
    assert "--threads 3" in records(tmp_path / "run")[-1]["reproduce"]


@pytest.mark.parametrize("threads", ["x", "0", "1,", "-1"])
def test_threads_are_numbers(threads: str) -> None:
    done = harness("run", "strides.yaml", f"--threads={threads}")
    assert done.returncode == 4
    assert "--threads takes numbers" in done.stderr


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--call-timeout=nan", "argument --call-timeout: nan is not more than 0"),
        ("--call-timeout=-3", "argument --call-timeout: -3 is not more than 0"),
        ("--kernel-budget=-5", "argument --kernel-budget: -5 is less than 0"),
    ],
)
def test_an_option_that_means_nothing_is_named(option: str, said: str) -> None:
    done = pytest_in_root(option)
    assert done.returncode == 4
    assert said in done.stderr


@pytest.mark.parametrize("workers", ["0", "2"])
def test_garbage_is_collected_once_the_cases_are_read(workers: str, file: Path, tmp_path: Path) -> None:
    """The process that writes a run of 100,000 results must not keep what each report leaves."""
    program = "import gc, sys, pytest; pytest.main(sys.argv[1:]); print('collects:', gc.isenabled())"
    options = ["--implementation", RIGHT, "--run-folder", str(tmp_path / "run"), "-n", workers]
    command = [sys.executable, "-c", program, str(file), f"--rootdir={ROOT}", "-c", "pyproject.toml", *options]
    done = subprocess.run(  # noqa: S603 -- our own program
        [*command, "-p", "harness.pytest_plugin", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "7 passed" in done.stdout
    assert "collects: True" in done.stdout
