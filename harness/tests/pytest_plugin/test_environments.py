"""Runs in other interpreters: what runs where, how it is called, and what can be wrong with `-e`."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.hosts.interpreters import interpreter_of
from harness.implementations import Implementation
from harness.implementations.resolve import BUILT_IN
from harness.pytest_plugin.placing import pinned, place
from harness.tests.cases import PLAIN, write
from harness.tests.interpreters import bare_environment
from harness.tests.processes import OFF, RIGHT, ROOT, harness, header, pytest_in_root, records

KERNEL = Implementation("kernel", "kernel.py:kernel", "kernel.py:kernel")
LOCAL, EAGER = BUILT_IN["local-fast"], BUILT_IN["tf-eager"]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_environment(tmp_path_factory.mktemp("environments") / "bare")


def names(*pins: tuple[Implementation, str], named: Sequence[str]) -> list[str]:
    return [each.name for each in place(pins, named, ROOT).implementations]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_each_implementation_runs_in_each_environment(bare: Path, tmp_path: Path, workers: str) -> None:
    file, out = write(tmp_path, PLAIN), tmp_path / "run"
    done = harness("run", file, "-i", RIGHT, "-e", f"bare={bare}", "-e", "here", "-n", workers, "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    found = records(out)
    assert {(each["implementation"], each["environment"]) for each in found} == {
        ("right[bare]", "bare"),
        ("right[here]", "here"),
    }
    by_place = {each["environment"]: each for each in found if each["case"].endswith(found[0]["case"])}
    assert by_place["bare"]["digest"] == by_place["here"]["digest"]
    kept = header(out)["environments"]
    assert list(kept) == ["bare", "here"]
    assert set(kept["bare"]["packages"]) == {"numpy", "ml_dtypes"}
    assert list(kept["bare"]["implementations"]) == ["right[bare]"]
    assert all(each.endswith(("::right[bare]", "::right[here]")) for each in header(out)["collected"])
    suites = [suite.get("name") for suite in ET.parse(out / "junit.xml").getroot()]  # noqa: S314 -- our own
    assert suites == ["right[bare]", "right[here]"]
    assert "right[bare]" in (out / "index.html").read_text(encoding="utf-8")


def test_one_environment_needs_no_suffix_and_a_failure_is_reproduced_there(bare: Path, tmp_path: Path) -> None:
    file, out = write(tmp_path, PLAIN), tmp_path / "run"
    assert harness("run", file, "-i", OFF, "-e", f"bare={bare / 'bin' / 'python'}", "--out", out).returncode == 1
    first = records(out)[0]
    assert (first["implementation"], first["environment"]) == ("off", "bare")
    _, _, *command = re.findall(r"'[^']*'|\S+", first["reproduce"])
    again = harness("run", *(word.strip("'") for word in command if ".npz" not in word and word != "--evidence"))
    assert again.returncode == 1
    assert "off: 1 deviates" in again.stdout


def test_a_pinned_one_runs_only_there_and_an_id_names_it(bare: Path, tmp_path: Path) -> None:
    file, out = write(tmp_path, PLAIN), tmp_path / "run"
    both = ("-e", f"bare={bare}", "-i", RIGHT, "-i", "local-fast")
    assert harness("run", file, *both, "--out", out).returncode == 0
    assert {each["implementation"] for each in records(out)} == {"right[bare]", "local-fast[here]"}
    case = records(out)[0]["case"].partition("::")[2]
    assert harness("run", f"{file}::{case}::right[bare]", *both, "--out", tmp_path / "one").returncode == 0
    assert [each["implementation"] for each in records(tmp_path / "one")] == ["right[bare]"]
    pin = ("-i", f"{RIGHT}[bare]", "-e", f"bare={bare}", "-e", "here")
    assert harness("run", file, *pin, "--out", tmp_path / "pinned").returncode == 0
    assert {(each["implementation"], each["environment"]) for each in records(tmp_path / "pinned")} == {
        ("right", "bare")
    }


def test_a_resumed_run_goes_on_in_its_environments(bare: Path, tmp_path: Path) -> None:
    file, out = write(tmp_path, PLAIN), tmp_path / "run"
    assert harness("run", file, "-i", RIGHT, "-e", f"bare={bare}", "-e", "here", "--out", out).returncode == 0
    whole = (out / "results.ndjson").read_bytes()
    (out / "results.ndjson").write_bytes(whole[: whole.index(b"\n") + 1])
    done = harness("run", "--resume", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(records(out)) == whole.count(b"\n")
    assert list(header(out)["environments"]) == ["bare", "here"]


def test_without_its_package_an_implementation_makes_no_item_and_one_line_says_so(bare: Path, tmp_path: Path) -> None:
    asked = [f"--implementation={name}" for name in ("tf-eager", "tf-xla", RIGHT)]
    places = [f"--environment=bare={bare}", "--environment=here"]
    file = "cases/conv2d_backprop_input/strides.yaml"
    done = pytest_in_root("--collect-only", "-q", file, *asked, *places)
    assert done.returncode == 0
    assert done.stderr == "bare has no tensorflow: tf-eager, tf-xla make no item there\n"
    assert {line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line} == {
        "tf-eager[here]", "tf-xla[here]", "right[bare]", "right[here]",
    }  # fmt: skip
    nowhere = harness("run", file, "-i", "tf-eager", "-i", RIGHT, "-e", f"bare={bare}", "--out", tmp_path / "run")
    assert (nowhere.returncode, nowhere.stderr) == (4, "tf-eager runs nowhere: tensorflow is not installed in bare\n")


def test_what_is_the_harness_s_own_runs_here(bare: Path) -> None:
    named = [f"bare={bare}"]
    assert names((LOCAL, ""), (KERNEL, ""), named=named) == ["local-fast[here]", "kernel[bare]"]
    assert names((LOCAL, ""), named=named) == ["local-fast"]
    assert names((KERNEL, "here"), (KERNEL, "bare"), named=named) == ["kernel[here]", "kernel[bare]"]
    assert names((EAGER, "here"), named=named) == ["tf-eager"]
    assert names((KERNEL, ""), named=[]) == ["kernel"]


def test_a_name_may_say_where() -> None:
    assert pinned("tf-eager[tf-2.20]") == ("tf-eager", "tf-2.20")
    assert pinned("k=a.py:f") == ("k=a.py:f", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("none", "no environment of that name was created; -e none=PATH names one"),
        ("a b=/usr", "a name is made of letters"),
        ("here=/usr", "'here' is the environment that the harness is in"),
        ("x=/nosuch", "/nosuch is neither a Python nor the folder of a virtual environment"),
        ("x=/etc", "/etc is neither a Python nor the folder of a virtual environment"),
        ("x=/bin/false", "that is no Python that can be used: it says nothing"),
    ],
)
def test_an_environment_that_is_none(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        place([(KERNEL, "")], [text], ROOT)
    assert caught.value.lines[0].startswith(f"-e {text}: ")
    assert message in caught.value.lines[0]


def test_a_python_that_lacks_what_every_call_needs(tmp_path: Path) -> None:
    old, empty = tmp_path / "old", tmp_path / "empty"
    for file, python, packages in ((old, [3, 9, 1], '{"numpy": "", "ml_dtypes": ""}'), (empty, [3, 12, 0], "{}")):
        file.write_text(f'#!/bin/sh\necho \'{{"python": {python}, "packages": {packages}}}\'\n', encoding="utf-8")
        file.chmod(0o755)
    with pytest.raises(InvalidInputError) as caught:
        place([(KERNEL, "")], [f"old={old}", f"empty={empty}", f"old={empty}"], ROOT)
    assert caught.value.lines == (f"-e old={empty}: two environments are called 'old'",)
    with pytest.raises(InvalidInputError) as caught:
        place([(KERNEL, "")], [f"old={old}", f"empty={empty}"], ROOT)
    first, second = caught.value.lines
    assert first == f"-e old={old}: Python 3.9.1, and calls need 3.10 or newer"
    assert second.startswith(f"-e empty={empty}: numpy and ml_dtypes must be there, too: ")


def test_a_created_one_goes_by_its_name(tmp_path: Path) -> None:
    made = bare_environment(tmp_path / ".environments" / "tf-2.20")
    found = interpreter_of("tf-2.20", tmp_path)
    assert (found.name, found.python, found.given) == ("tf-2.20", str(made / "bin" / "python"), "tf-2.20")
    with pytest.raises(ValueError, match=re.escape("did you mean 'tf-2.20'?")):
        interpreter_of("tf-2.2", tmp_path)
    placed = place([(KERNEL, "tf-2.20")], [], tmp_path).implementations[0]
    assert (placed.name, placed.place, placed.options) == ("kernel", "tf-2.20", ("-e", "tf-2.20"))
