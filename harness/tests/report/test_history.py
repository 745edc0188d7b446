"""Since when: results over environments in the order of versions, and where they became others."""

from typing import Any

from harness.facts import Facts, environment_of
from harness.records import ErrorReport, Result, Verdict
from harness.report.history import history, stages
from harness.tests.results import failing, result, run


def on(version: str, *results: Result, **header: Any) -> Any:
    here = environment_of({"tf-eager": Facts(packages={"tensorflow": version, "numpy": "2.4.6"})})
    return run(*results, environments={"here": here}, **header)


def crash(case: str, message: str = "F x.cc") -> Result:
    return result(case, verdict=Verdict.CRASHES, error=ErrorReport("SIGABRT", message))


def test_environments_stand_in_the_order_of_their_versions() -> None:
    """2.9 is older than 2.18, whatever the order in which runs were named."""
    runs = {"b": on("2.21.0", result()), "c": on("2.9.1", result()), "a": on("2.18.1", result())}
    assert [stage.name for stage in stages(runs)] == [
        "c: tensorflow 2.9.1",
        "a: tensorflow 2.18.1",
        "b: tensorflow 2.21.0",
    ]


def test_the_first_that_differs_is_named_with_what_differs() -> None:
    runs = {
        "new": on("2.21.0", failing("a"), failing("b"), result("c", digest="2")),
        "old": on("2.18.1", result("a"), result("b"), result("c", digest="1")),
        "mid": on("2.20.0", failing("a"), result("b"), result("c", digest="1")),
    }
    table = history(runs)
    assert table.title == "Since when"
    assert [row[:4] + row[5:] for row in table.rows] == [
        ("tf-eager", "mid: tensorflow 2.20.0", "old: tensorflow 2.18.1", "conforms, then deviates", "a"),
        ("tf-eager", "new: tensorflow 2.21.0", "mid: tensorflow 2.20.0", "conforms, then deviates", "b"),
        ("tf-eager", "new: tensorflow 2.21.0", "mid: tensorflow 2.20.0", "changed bits", "c"),
    ]


def test_what_changed_in_the_same_way_is_one_row_that_counts() -> None:
    names = [str(number) for number in range(5)]
    table = history({"a": on("2.18.1", *map(crash, names)), "b": on("2.21.0", *map(result, names))})
    ((_, _, _, differs, count, examples),) = table.rows
    assert (differs, count, examples) == ("crashes, then conforms", "5", "0, 1, 2 and 2 more")


def test_one_environment_has_no_history() -> None:
    table = history({"a": on("2.21.0", result(), failing("b"))})
    assert (table.title, table.rows) == ("", ())


def test_environments_of_one_run_are_stages_of_their_own() -> None:
    """An implementation is the same one in each, whatever its name has behind it."""
    environments = {
        name: environment_of({f"tf-eager[{name}]": Facts(packages={"tensorflow": version})})
        for name, version in (("new", "2.21.0"), ("old", "2.18.1"))
    }
    pairs = (("old", result), ("new", failing))
    results = [make("a", implementation=f"tf-eager[{name}]", environment=name) for name, make in pairs]
    table = history({"run": run(*results, environments=environments)})
    ((name, since, before, differs, *_),) = table.rows
    assert (name, since, before) == ("tf-eager", "new: tensorflow 2.21.0", "old: tensorflow 2.18.1")
    assert differs == "conforms, then deviates"
