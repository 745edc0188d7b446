from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.implementations.mutants import MUTANTS
from harness.implementations.resolve import BUILT_IN, mutants, resolve, with_threads
from harness.remote.loading import load
from harness.tests.cases import write

HERE = Path(__file__).parents[1]
EXAMPLES = HERE / "example_kernels.py"


def test_a_built_in_by_name_and_under_another_name() -> None:
    assert resolve(["tf-eager"]) == [BUILT_IN["tf-eager"]]
    (renamed,) = resolve(["mine=tf-eager"])
    assert (renamed.name, renamed.target) == ("mine", BUILT_IN["tf-eager"].target)


def test_a_file_is_named_after_itself_and_its_callable() -> None:
    (found,) = resolve([f"{EXAMPLES}:right"])
    assert found.name == "example_kernels.py:right"
    assert load(found.target).__name__ == "right"


def test_a_module_is_loaded_by_its_dotted_name() -> None:
    (found,) = resolve(["harness.tests.example_kernels:refuses"])
    assert found.name == "harness.tests.example_kernels:refuses"
    assert load(found.target).__name__ == "refuses"


def test_resolving_does_not_run_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "raise SystemExit('ran')\ndef kernel(): ...\n", "loud.py")
    assert resolve([f"{file}:kernel"])[0].target == f"{file}:kernel"


def test_a_file_may_import_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path, "VALUE = 7\n", "neighbour_of_kernel.py")
    file = write(tmp_path, "from neighbour_of_kernel import VALUE as kernel\n", "with_neighbour.py")
    assert load(resolve([f"{file}:kernel"])[0].target) == 7


def test_a_file_that_fails_is_imported_anew_the_next_time(tmp_path: Path) -> None:
    file = write(tmp_path, "kernel = 1 / 0\n", "failing.py")
    with pytest.raises(ZeroDivisionError):
        load(resolve([f"{file}:kernel"])[0].target)
    write(tmp_path, "kernel = 1\n", "failing.py")
    assert load(resolve([f"{file}:kernel"])[0].target) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tf-eger", "unknown implementation 'tf-eger'; did you mean 'tf-eager'?"),
        ("", "unknown implementation ''"),
        ("mutant:no-rotatoin", "unknown mutant 'mutant:no-rotatoin'; did you mean 'mutant:no-rotation'?"),
        (f"{EXAMPLES}:rihgt", "no 'rihgt' in example_kernels.py; did you mean 'right'?"),
        (f"{HERE}/nosuch.py:f", "No such file or directory"),
        ("no_such_module_anywhere:f", "there is no module 'no_such_module_anywhere'"),
        (f"a b={EXAMPLES}:right", "a name is made of letters"),
        (f"{EXAMPLES}:not callable", "unknown implementation"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=r".") as caught:
        resolve([text])
    assert message in caught.value.lines[0]


def test_a_file_with_a_syntax_error_says_the_line(tmp_path: Path) -> None:
    file = write(tmp_path, "x = 1\ndef kernel(:\n", "wrong.py")
    with pytest.raises(InvalidInputError, match="line 2"):
        resolve([f"{file}:kernel"])


def test_every_problem_is_said_at_once_and_two_of_one_name_are_one() -> None:
    with pytest.raises(InvalidInputError) as caught:
        resolve(["nope", "nada", f"x={EXAMPLES}:right", f"x={EXAMPLES}:refuses"])
    assert len(caught.value.lines) == 3
    assert "two implementations are called 'x'" in caught.value.lines[2]


def test_every_mutant_has_a_name_and_loads() -> None:
    found = mutants()
    assert [load(each.target) for each in found] == list(MUTANTS.values())
    assert resolve(["mutant:no-rotation"]) == [found[0]]
    with pytest.raises(AttributeError):
        load(resolve(["harness.implementations.mutants:nosuch"])[0].target)


def test_threads_are_an_environment_and_a_part_of_the_line_that_reproduces() -> None:
    two = with_threads(BUILT_IN["tf-onednn"], 2)
    assert two.name == "tf-onednn:2-threads"
    assert two.environment["TF_NUM_INTRAOP_THREADS"] == two.environment["OMP_NUM_THREADS"] == "2"
    assert two.environment["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert (two.options, two.known_as) == (("--threads", "2"), "tf-onednn")
