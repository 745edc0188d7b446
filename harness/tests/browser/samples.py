"""Results that show all a page can draw."""

from dataclasses import replace
from typing import Any, Final

from harness.records import Check, Element, ErrorReport, Result, Verdict
from harness.runner import described
from harness.spec.case import Case
from harness.tests.results import KNOWN
from harness.tests.strategies import make_case

MAPS: Final = {
    "height_width": {"shape": [2, 3], "step": [4, 3], "values": [0.1, 0.5, "Infinity", None, 0.999, 1.5]},
    "channels": {"step": 1, "values": [0.2, 3.0]},
    "phase": {"shape": [2, 1], "values": [0.3, 1.1]},
}
PASSING: Final = (
    Check("witness", "witness", "pass", margin=0.0, total=112, exercised=1.0, certificate=0.2),
    Check("accuracy", "normal", "pass", margin=0.307, limit=4.0, total=112, histogram=(100, 12, *[0] * 9)),
)
WORST: Final = Element((1, 4, 8, 2), 2.5, 3.5, 1.0, 0.4, 1e6, 1e-6)
FAILING: Final = (
    PASSING[0],
    replace(
        PASSING[1], status="fail", margin=17.5, mismatched=3, histogram=(109, *[0] * 9, 3), maps=MAPS, worst=(WORST,)
    ),
)


def case(name: str, **call: Any) -> Case:
    known: dict[str, Any] = {"input_sizes": [2, 8, 9, 3], "filter": [3, 2, 3, 4], "padding": "SAME", "dtype": "float32"}
    return make_case(name, **(known | call))


def of(case: Case, implementation: str, **known: Any) -> Result:
    values: dict[str, Any] = {"verdict": Verdict.CONFORMS, "expected": True, "checks": PASSING, "digest": "aa"}
    values |= {"reproduce": f"harness run '{case.id}' -i {implementation}", "seconds": {"total": 0.5}}
    return Result(case.id, implementation, **(described(case) | values | known))


def results() -> list[Result]:
    plain, strided = case("plain"), case("strided", strides=2, dtype="bfloat16")
    uneven = case(
        "uneven",
        strides=[3, 1],
        filter=[2, 2, 3, 4],
        padding=[[1, 2], [0, 1]],
        data_format="NCHW",
        input_sizes=[2, 3, 8, 9],
    )
    wrong: dict[str, Any] = {
        "verdict": Verdict.DEVIATES,
        "expected": False,
        "checks": FAILING,
        "digest": "bb",
        "detects": 7,
    }
    refused: dict[str, Any] = {"verdict": Verdict.REFUSES, "checks": (), "digest": None, "deviation": KNOWN}
    raised = ErrorReport("InvalidArgumentError", "no strides")
    ended = ErrorReport("SIGFPE", "", "SIGFPE", ("bad",))
    crashed: dict[str, Any] = {"verdict": Verdict.CRASHES, "expected": False, "checks": (), "digest": None}
    near = (PASSING[0], replace(PASSING[1], margin=0.93))
    return [
        of(plain, "tf-eager"),
        of(plain, "tf-xla", checks=near),
        of(strided, "tf-eager", **refused, why="InvalidArgumentError: no strides", error=raised),
        of(strided, "tf-xla", **wrong, why="accuracy: 3 of 112 elements differ", diagnosis="Shifted by one column."),
        of(uneven, "tf-eager"),
        of(uneven, "tf-xla", **crashed, why="SIGFPE", error=ended),
    ]  # fmt: skip
