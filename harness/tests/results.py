"""Results and runs as a report gets them."""

from pathlib import Path
from typing import Any

from harness.facts import HERE, Facts, environment_of
from harness.records import Check, Element, Result, Verdict
from harness.records.run_folder import Header, Run

WITNESS = Check("witness", "witness", "pass", margin=0.0, total=112, exercised=1.0)
ACCURACY = Check("accuracy", "normal", "pass", margin=0.307, total=112, max_abs=8.8e-07)
ELEMENT = Element((0, 5, 7, 2), 2.0250721510869845, 2.0250721510869849, 4.4e-16, 2.2e-16, 1.0, 6.04e-07)
WRONG = Check("accuracy", "normal", "fail", margin=1428973.28, mismatched=1, total=486, worst=(ELEMENT,))
CALL = {"dtype": "float32", "strides": (1, 2, 2, 1), "padding": "SAME", "explicit_paddings": ()}
KNOWN = {"place": "known_deviations/x.yaml:3", "reason": "Does not.", "link": "https://example.org/1"}


def result(case: str = "a.yaml::post[float32]", implementation: str = "tf-eager", **known: Any) -> Result:
    """A result as expected, but for what is said."""
    values: dict[str, Any] = {"verdict": Verdict.CONFORMS, "expected": True, "checks": (WITNESS, ACCURACY)}
    values |= {"attributes": CALL, "reproduce": f"harness run '{case}' -i {implementation}", "seconds": {"total": 2.5}}
    return Result(case, implementation, **(values | known))


def failing(case: str = "a.yaml::bad", **known: Any) -> Result:
    """A result that is not as expected."""
    values: dict[str, Any] = {"verdict": Verdict.DEVIATES, "expected": False, "why": "it differs", "checks": (WRONG,)}
    return result(case, **(values | known))


def run(*results: Result, folder: str = "then", **header: Any) -> Run:
    """A complete run, but for what is said."""
    values: dict[str, Any] = {"complete": True, "command": "harness run a.yaml"}
    return Run(Path(folder), Header(**(values | header)), results)


def environments(**facts: Any) -> dict[str, Any]:
    """What a header has of one environment with these facts."""
    return {HERE: environment_of({"tf-eager": Facts(**facts)})}


EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202egpj.exe\x00\ud800"
