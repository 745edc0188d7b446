from harness.records import Check, ErrorReport, Result, Verdict
from harness.report.agreement import agreement


def result(case: str, implementation: str, **known: object) -> Result:
    verdict = known.pop("verdict", Verdict.CONFORMS)
    return Result(case, implementation, verdict, expected=True, reproduce="x", **known)  # type: ignore[arg-type]


def test_the_same_bits_are_agreement() -> None:
    found = [result("a", "one", digest="11"), result("a", "two", digest="11"), result("b", "one", digest="1")]
    table = agreement(found)
    assert table.rows == ()
    assert table.title.endswith("they differ in 0 of 2 cases")


def test_other_bits_are_said_although_both_conform() -> None:
    bits = {"x": "1", "y": "1", "z": "2"}
    found = [result(case, name, digest=digest) for case in "abcd" for name, digest in bits.items()]
    (row,) = agreement(found).rows
    assert row == ("4", "value bits", "x = y | z", "a, b, c and 1 more")


def test_classes_of_error_are_compared_and_deaths_are_another_outcome() -> None:
    def error(name: str, signal: str | None = None) -> ErrorReport:
        return ErrorReport(name, "message", signal)

    refused = {"verdict": Verdict.REFUSES}
    table = agreement([
        result("a", "x", **refused, error=error("ValueError")),
        result("a", "y", **refused, error=error("TypeError")),
        result("b", "x", **refused, error=error("ValueError")),
        result("b", "y", verdict=Verdict.CRASHES, error=error("SIGFPE", "SIGFPE")),
        result("c", "x", digest="1"),
        result("c", "y", **refused, error=error("ValueError")),
    ])  # fmt: skip
    assert {(row[1], row[2]) for row in table.rows} == {
        ("class of error", "x (ValueError) | y (TypeError)"),
        ("outcome", "x (ValueError) | y (SIGFPE)"),
        ("outcome", "x | y (ValueError)"),
    }


def test_a_wrong_shape_is_an_outcome_of_its_own() -> None:
    check = Check("structure", "witness", "fail", "returned shape [1], not [2]")
    table = agreement([
        result("a", "x", digest="1"),
        result("a", "y", digest="1", verdict=Verdict.DEVIATES, checks=(check,)),
    ])  # fmt: skip
    assert [(row[1], row[2]) for row in table.rows] == [("outcome", "x | y (returned shape [1], not [2])")]


def test_the_most_frequent_way_comes_first_and_what_was_skipped_counts_for_nothing() -> None:
    found = [result(case, name, digest=name) for case in ("a", "b") for name in "xy"]
    found += [result("c", name, digest=name) for name in "xz"]
    found += [result("d", "x", digest="1"), result("d", "y", verdict=Verdict.SKIPPED)]
    table = agreement(found)
    assert [row[:3] for row in table.rows] == [("2", "value bits", "x | y"), ("1", "value bits", "x | z")]
