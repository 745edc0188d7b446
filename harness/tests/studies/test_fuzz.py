import ast
import re
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

import pytest
from hypothesis import given

from harness.hosts.host import Transcript, call_in_process
from harness.implementations import Implementation, Raised
from harness.implementations.resolve import resolve
from harness.spec.case import Case, Expect
from harness.spec.casefile import CasePath, load
from harness.studies.fuzz import fuzz
from harness.studies.fuzz.call import Call, flaw_of, in_scope, text_of
from harness.studies.fuzz.drawing import broken_calls, calls
from harness.studies.fuzz.known import Known
from harness.studies.fuzz.search import Limits, Search
from harness.tests.calls import DRAWN
from harness.tests.processes import ROOT, harness
from harness.tests.strategies import examples

KERNELS: Final = dedent("""\
    import os
    import signal
    from pathlib import Path
    from harness.implementations.local import local_fast

    def last_row_lost(**call):
        result = local_fast(**call)
        if call["data_format"] == "NHWC" and call["strides"][1] > 2:
            result[:, -1:] = 0
        return result

    def nhwc_only(**call):
        if call["data_format"] == "NCHW":
            raise NotImplementedError(f"no NCHW for {call['input_sizes']}")
        return local_fast(**call)

    def nchw_fails(**call):
        if call["data_format"] == "NCHW":
            raise IndexError(f"out of range for {call['input_sizes']}")
        return local_fast(**call)

    def anything_goes(**call):
        return local_fast(**{**call, "padding": "VALID" if call["padding"] == "FULL" else call["padding"]})

    def interrupted(**call):
        if list(Path(os.environ["FINDINGS"]).glob("*.yaml")):
            signal.raise_signal(signal.SIGINT)
        return last_row_lost(**call)
    """)
VALID: Final = Limits(seed=1, seconds=240, examples=600, invalid=False)


@pytest.fixture
def kernels(tmp_path: Path) -> Path:
    file = tmp_path / "kernels.py"
    file.write_text(KERNELS)
    return file


def search(kernel: str, root: Path, limits: Limits = VALID) -> tuple[bool, list[Path]]:
    """Whether nothing new was found, and the case files of what was."""
    out = root / "found"
    clean = fuzz([kernel], limits, root, out, timeout=60, isolated=False)
    return clean, sorted(out.glob("*.yaml"))


@examples(200)
@given(calls())
def test_drawn_calls_are_valid_and_survive_being_written(call: Call) -> None:
    assert call.case().expect is Expect.CONFORMS


@pytest.mark.parametrize("strategy", [calls(), broken_calls()])
def test_a_drawn_case_is_the_same_when_its_file_is_read(strategy: Any, tmp_path: Path) -> None:
    @examples(80)
    @given(strategy)
    def check(call: Call) -> None:
        case = call.case()
        file = tmp_path / "one.yaml"
        file.write_text(text_of(case, "As drawn."), encoding="utf-8")
        (read,) = load([CasePath("found.yaml", file)])
        assert (read.id, read.attributes, read.expect, read.data) == (case.id, case.attributes, case.expect, case.data)
        assert read.geometry == case.geometry

    check()


def test_most_broken_calls_break_a_rule_and_many_different_ones() -> None:
    flaws: list[str] = []

    @examples(300)
    @given(broken_calls())
    def draw(call: Call) -> None:
        case = call.case()
        flaws.append(flaw_of(case) if case.geometry is None else "")

    draw()
    assert sum(map(bool, flaws)) > len(flaws) / 2
    rules = {f"C{number}" for number in (3, 8, 10, 11, 12)}
    assert rules <= {flaw.partition("; ")[2][:3].rstrip(":") or flaw[:3].rstrip(":") for flaw in flaws} | {
        word for flaw in flaws for word in rules if "C#" in flaw
    }


@pytest.mark.parametrize(
    ("input_sizes", "drawn"),
    [((1, 5, 0, 2), True), ((-5, 70_000, 70_000, 3), False), ((2**31 - 1, 6), False), ((2**31 - 1, 2**31 - 1), True)],
)
def test_an_invalid_call_that_would_fill_gigabytes_is_left_out(input_sizes: tuple[int, ...], *, drawn: bool) -> None:
    one = (1, 1, 1, 1)
    case = Call(input_sizes, one, one, (1, 1), "VALID", (), "NHWC", one, "float32", ("normal",)).case()
    assert case.expect is Expect.REJECTS
    assert in_scope(case, 1, 1) is drawn


def test_a_wrong_kernel_is_found_and_shrunk_to_the_least_that_shows_it(kernels: Path, tmp_path: Path) -> None:
    clean, files = search(f"{kernels}:last_row_lost", tmp_path)
    assert not clean
    cases = load([CasePath(file.name, file) for file in files])
    (plain,) = cases
    assert plain.attributes.input_sizes == (1, 1, 1, 1)
    assert plain.attributes.filter == (1, 1, 1, 1)
    assert plain.attributes.strides == (1, 3, 1, 1)
    done = harness("run", files[0], "-i", f"{kernels}:last_row_lost", "--isolation", "none", "--out", tmp_path / "run")
    assert done.returncode == 1, done.stdout
    assert "deviates on" in done.stdout
    report = files[0].with_suffix(".md").read_text()
    assert "tensorflow 2." in report
    assert "this is the smallest case\n" in report


def test_a_right_kernel_has_no_findings(kernels: Path, tmp_path: Path) -> None:
    limits = Limits(seed=3, seconds=240, examples=200, every_dtype=True)
    assert fuzz(["local-fast", "local-gemm-col2im"], limits, tmp_path, tmp_path, timeout=60, isolated=False)
    assert sorted(tmp_path.iterdir()) == [kernels]


def test_what_is_known_is_counted_and_not_reported(
    kernels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = f"mine={kernels}:nchw_fails"
    clean, files = search(kernel, tmp_path)
    assert not clean
    assert files
    for file in (tmp_path / "found").iterdir():
        file.unlink()
    folder = tmp_path / "cases" / "known_deviations"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(
        "- {match: {data_format: NCHW, expect: conforms}, verdict: refuses, reason: This kernel is made for NHWC.}\n"
    )
    capsys.readouterr()
    assert search(kernel, tmp_path) == (True, [])
    assert " known)" in capsys.readouterr().out


def test_an_accepted_invalid_call_is_a_finding(kernels: Path, tmp_path: Path) -> None:
    limits = Limits(seed=1, seconds=240, examples=1200, valid=False)
    clean, files = search(f"{kernels}:anything_goes", tmp_path, limits)
    assert not clean
    (case,) = load([CasePath(file.name, file) for file in files])
    assert (case.expect, case.attributes.padding) == (Expect.REJECTS, "FULL")


def test_an_interrupt_leaves_what_was_found(kernels: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["-i", f"{kernels}:interrupted", "--isolation", "none", "--draw", "valid", "--minutes", 5, "--out", out]
    done = harness("fuzz", *options, environment={"FINDINGS": str(out)})
    assert done.returncode == 2, done.stderr
    assert "1 new" in done.stdout
    (file,) = out.glob("*.yaml")
    assert harness("validate", file).returncode == 0
    ast.parse(file.with_suffix(".py").read_text())
    assert "cut short" in file.with_suffix(".md").read_text()


def drawn(seed: int) -> list[str]:
    """Ids of what a seed draws."""
    seen: list[str] = []

    def caller(case: Case, _: Implementation) -> Transcript:
        seen.append(case.name)
        return Transcript((Raised("NotImplementedError", "not today", 0.0),))

    (implementation,) = resolve(["local-fast"])
    entries = Known(((read_everything(), frozenset()),))
    list(Search([implementation], {"local-fast": entries}, caller, Limits(seed, 240, 150), Path("nowhere")))
    return seen


def read_everything() -> Any:
    """An entry that explains every refusal, so that nothing is shrunk."""

    class Everything:
        entry = type("Entry", (), {"error": None})
        match = "*"

        def matches(self, _: Case) -> bool:
            return True

        def explains(self, *_: object) -> bool:
            return True

    return Everything()


def test_a_seed_draws_the_same_cases_again_and_another_draws_others() -> None:
    assert drawn(5) == drawn(5)
    assert len(set(drawn(5))) > 100
    assert len(set(drawn(5)) & set(drawn(6))) < 60


def test_what_a_kernel_does_not_support_is_counted_and_no_finding(
    kernels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(f"k={kernels}:nhwc_only", tmp_path, Limits(1, 240, 200, invalid=False)) == (True, [])
    refused, apart = re.findall(r"(\d+) refuses \((\d+) not supported\)", capsys.readouterr().out)[0]
    assert int(refused) == int(apart) > 0


@pytest.mark.parametrize("name", ["local-fast", "tf-eager"])
def test_what_is_not_supported_is_counted_apart(name: str, tmp_path: Path) -> None:
    refused = Transcript((Raised("NotImplementedError", "not today", 0.0),))
    limits = Limits(1, 240, 3, invalid=False)
    search_ = Search(resolve([name]), {name: Known()}, lambda *_: refused, limits, tmp_path)
    list(search_)
    assert not search_.tally.findings
    assert search_.tally.unsupported[name] == 3


def test_wrong_names_are_wrong_usage() -> None:
    assert harness("fuzz", "-i", "tf-eagre").returncode == 4


def test_in_process_calls_are_what_no_isolation_means() -> None:
    (implementation,) = resolve(["local-fast"])
    assert len(call_in_process(DRAWN.case(), implementation).outcomes) == 3
    assert (ROOT / "cases").is_dir()
