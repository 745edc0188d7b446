import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.report.show import NVIDIA_DRIVER
from harness.tests.cases import HEAD, PLAIN, write
from harness.tests.processes import RIGHT, ROOT, harness


def test_validate_says_how_much_is_right() -> None:
    done = harness("validate", "cases")
    assert done.returncode == 0
    assert done.stdout.endswith("files: no problems\n")


def test_validate_shows_every_problem_of_every_file(tmp_path: Path) -> None:
    first = write(tmp_path, "not: [yaml", "first.yaml")
    second = write(tmp_path, HEAD + "cases: []\n", "second.yaml")
    known = write(tmp_path, "- {match: x}\n", "known_deviations/mine.yaml")
    done = harness("validate", first, second)
    assert done.returncode == 4
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [str(first), str(second)]
    first.unlink()
    second.write_text(PLAIN)
    done = harness("validate", tmp_path)
    assert done.returncode == 4
    assert "known_deviations/mine.yaml:1:3: missing key 'verdict'" in done.stderr
    known.unlink()
    assert harness("validate", tmp_path).returncode == 0


def test_show_expands_a_case_into_a_call_of_tensorflow() -> None:
    done = harness("show", "padding.yaml::explicit-as-pairs")
    assert done.returncode == 0
    assert "conv2d_backprop_input/padding.yaml::explicit-as-pairs" in done.stdout
    for word in ("input_sizes", "explicit_paddings", "multiply-adds", "tf.raw_ops.Conv2DBackpropInput("):
        assert word in done.stdout
    assert harness("show", "padding.yaml::nosuch").returncode == 5


def test_implementations_lists_what_is_there() -> None:
    done = harness("implementations")
    assert done.returncode == 0
    assert "tf-eager" in done.stdout
    assert "needs tensorflow (2." in done.stdout
    gpu = next(line for line in done.stdout.splitlines() if line.startswith("tf-gpu-xla "))
    assert NVIDIA_DRIVER.exists() or gpu.endswith("not available here: no GPU is visible")
    assert "[default]" not in gpu


def test_mutants_are_listed_when_asked_for() -> None:
    assert "mutant:" not in harness("implementations").stdout
    done = harness("implementations", "--mutants")
    assert done.returncode == 0
    assert "mutant:no-rotation " in done.stdout
    assert "tf-eager" not in done.stdout


def test_report_renders_a_page_again_from_records_alone(tmp_path: Path) -> None:
    file = write(tmp_path, PLAIN)
    assert harness("run", file, "-i", RIGHT, "--out", tmp_path / "run").returncode == 0
    page = tmp_path / "run" / "index.html"
    first = page.read_text()
    page.unlink()
    done = harness("report", tmp_path / "run")
    assert done.returncode == 0
    assert done.stdout.strip() == str(page)
    assert page.read_text() == first
    both = harness("report", tmp_path / "run", tmp_path / "run", "--out", tmp_path / "both")
    assert both.returncode == 0
    assert (tmp_path / "both" / "index.html").exists()
    assert harness("report", tmp_path / "nosuch").returncode == 4


@pytest.mark.parametrize("arguments", [[], ["nosuch"], ["run", "--nosuch"], ["show"], ["report"]])
def test_wrong_usage_is_4(arguments: list[str]) -> None:
    assert harness(*arguments).returncode == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--timeout", "-3"], "'--timeout': -3 is not more than 0"),
        (["run", "--timeout", "nan"], "'--timeout': nan is not more than 0"),
        (["run", "--kernel-budget", "-5"], "'--kernel-budget'"),
        (["fuzz", "--minutes", "-1"], "'--minutes': -1 is not more than 0"),
        (["run", "strides.yaml", "--resume", "reports"], "--resume goes on with the cases"),
        (["run", "-i", "correct", "--resume", "reports"], "--resume goes on with the cases"),
    ],
)
def test_an_option_that_means_nothing_is_named(arguments: list[str], said: str) -> None:
    done = harness(*arguments)
    assert done.returncode == 4
    assert said in done.stderr


@pytest.mark.parametrize("arguments", [["run", "a.yaml", "--groups", "2"], ["fuzz", "--groups=2"]])
def test_an_option_of_another_library_is_said_in_a_case_file(arguments: list[str]) -> None:
    done = harness(*arguments)
    assert done.returncode == 4
    said = "no option --groups: calls are said in case files, and there: write the filter's third extent as C/G (C8)"
    assert done.stderr == f"{said}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["mutants", "strides.yaml::post", "--out"],
        ["exhaust", "-i", "correct", "--input", "1", "--out"],
        ["fuzz", "-i", "correct", "--examples", "1", "--out"],
        ["report", "{run}", "--out"],
        ["diff", "{run}", "{run}", "--out"],
        ["import", "lines", "{lines}", "--out"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_cannot_be_written_is_said_in_a_line(arguments: list[str], tmp_path: Path) -> None:
    """Not a traceback, and not the status of a result that is not as expected."""
    taken = tmp_path / "taken"
    taken.write_text("a file")
    lines = write(tmp_path, '{"H": 2, "W": 2, "C": 1, "K": 1, "R": 1, "S": 1}\n', "lines.jsonl")
    run = tmp_path / "run"
    harness("run", write(tmp_path, PLAIN), "-i", RIGHT, "--out", run)
    done = harness(*(word.format(run=run, lines=lines) for word in arguments), taken / "out.yaml")
    assert done.returncode == 4
    assert "taken" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["implementations", "--mutants"], ["coverage", "--generate"], ["--help"]])
@pytest.mark.parametrize("unbuffered", ["1", ""])
def test_a_reader_who_has_had_enough_is_no_failure(arguments: list[str], unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-m", "harness", *arguments],
        cwd=ROOT, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_is_0() -> None:
    done = harness("--help")
    assert done.returncode == 0
    for command in ("run", "report", "diff", "validate", "show", "implementations", "coverage", "exhaust"):
        assert command in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["validate", "cases"],
        ["show", "strides.yaml::post"],
        ["implementations"],
        ["report", "RUN"],
        ["coverage"],
        ["diff", "RUN", "RUN"],
    ],
)
def test_commands_that_need_no_tensorflow_do_not_import_it(arguments: list[str], tmp_path: Path) -> None:
    if "RUN" in arguments:
        harness("run", write(tmp_path, PLAIN), "-i", RIGHT, "--out", tmp_path / "run")
        arguments = [str(tmp_path / "run") if word == "RUN" else word for word in arguments]
    program = (
        "import sys; from harness.cli import main\n"
        f"sys.argv = ['harness', *{arguments!r}]\n"
        "try:\n    main()\n"
        "finally:\n    loaded = {'tensorflow', 'keras', 'numpy', 'pytest'} & sys.modules.keys()\n"
        "    print('loaded', sorted(loaded), file=sys.stderr)\n"
    )
    done = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    numpy = ["numpy"] if arguments == ["coverage"] else []  # it counts in tables of millions
    assert done.stderr.splitlines()[-1] == f"loaded {numpy}"


def test_a_run_leaves_a_summary_and_adds_it_to_that_of_ci(tmp_path: Path) -> None:
    file = write(tmp_path, PLAIN)
    shown = tmp_path / "job.md"
    shown.write_text("# Job\n")
    environment = {"GITHUB_STEP_SUMMARY": str(shown)}
    harness("run", file, "-i", RIGHT, "--out", tmp_path / "run", environment=environment)
    own = (tmp_path / "run" / "summary.md").read_text(encoding="utf-8")
    assert own.startswith("## ✅ Conforms: 7 of 7 results are as expected\n")
    assert shown.read_text(encoding="utf-8") == f"# Job\n{own}"
