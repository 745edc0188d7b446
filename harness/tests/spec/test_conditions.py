"""Conditions on what oneDNN does with a call, on the kernel that ran, and on the facts of an environment."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from harness.facts import Answer, Device, Facts, OneDnn
from harness.spec.case import Case, DataKind
from harness.spec.deviations import KnownDeviation, awake, held_against, hints, read_deviations
from harness.tests.cases import HEAD
from harness.tests.known_deviations import REASON
from harness.tests.processes import harness
from harness.tests.strategies import make_case

BOTH: Final = ("VALID", "SAME")
REFUSED: Final = ("InvalidArgumentError", "only supports NHWC")


def onednn(**answers: Answer) -> Facts:
    """An environment whose oneDNN does this with each type under VALID and SAME, and leaves EXPLICIT."""
    return Facts(onednn=OneDnn(answers={dtype: dict.fromkeys(BOTH, answer) for dtype, answer in answers.items()}))


def case(**values: Any) -> Case:
    return make_case("grid", **{"input_sizes": [2, 5, 6, 2], "filter": [2, 3, 2, 4]} | values)


def known(folder: Path, match: str, more: str = "") -> list[KnownDeviation]:
    file = folder / "known_deviations" / "tf.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"- {{match: {match}, verdict: refuses, {REASON}{', ' if more else ''}{more}}}", encoding="utf-8")
    return read_deviations(file)


def expected(entries: list[KnownDeviation], facts: Facts, verdict: str, ran: str | None = None, **values: Any) -> bool:
    error = REFUSED if verdict == "refuses" else None
    return held_against(awake(entries, facts), case(**values), verdict, error, ran).expected


@pytest.mark.parametrize(
    ("dtype", "padding", "facts", "leaves"),
    [
        ("bfloat16", "SAME", onednn(float32="takes"), True),
        ("bfloat16", "SAME", onednn(float32="takes", bfloat16="takes"), False),
        ("bfloat16", "SAME", onednn(float32="takes", bfloat16="refuses"), False),
        ("half", "VALID", onednn(float32="takes", bfloat16="takes", half="takes"), False),
        ("float32", [[1, 0], [0, 0]], onednn(float32="takes"), True),
        ("int32", "SAME", onednn(float32="takes"), True),
        ("float32", "SAME", Facts(), True),
    ],
)
def test_what_onednn_leaves_is_refused_and_what_it_takes_is_not(
    dtype: str, padding: Any, facts: Facts, *, leaves: bool, tmp_path: Path
) -> None:
    """The same entry is right on every processor: it speaks of the call where the call is left, and only there."""
    entries = known(tmp_path, "{onednn: leaves, expect: conforms}")
    call: dict[str, Any] = {"dtype": dtype, "padding": padding}
    assert expected(entries, facts, "refuses", **call) is leaves
    assert expected(entries, facts, "conforms", **call) is not leaves


def test_a_call_to_be_rejected_is_taken_or_left_by_its_type_and_padding(tmp_path: Path) -> None:
    literal: dict[str, Any] = {"strides": [1, 0], "dilations": [1, 1, 1, 1], "padding": "SAME", "expect": "rejects"}
    literal |= {"out_backprop": [2, 5, 6, 4], "filter": [1]}
    entries = known(tmp_path, "{onednn: takes, expect: rejects}")
    assert expected(entries, onednn(float32="takes"), "refuses", dtype="float32", **literal)
    assert not expected(entries, onednn(float32="takes"), "refuses", dtype="half", **literal)


@pytest.mark.parametrize(
    ("ran", "excused", "stale"),
    [("oneDNN brgconv_strided:avx2", True, True), ("oneDNN jit:avx2", False, False), (None, True, False)],
)
def test_a_kernel_that_did_not_say_its_name_may_excuse_and_makes_nothing_stale(
    ran: str | None, *, excused: bool, stale: bool, tmp_path: Path
) -> None:
    entries = known(tmp_path, "{ran: ['oneDNN gemm*', 'oneDNN brgconv*'], expect: conforms}")
    assert expected(entries, Facts(), "refuses", ran) is excused
    assert expected(entries, Facts(), "conforms", ran) is not stale


def test_an_entry_for_another_processor_still_speaks_of_its_cases(tmp_path: Path) -> None:
    """It is not misspelt because nothing is refused here."""
    (entry,) = awake(known(tmp_path, "{onednn: refuses, dtype: half}"), onednn(float32="takes"))
    assert not entry.matches(case(dtype="half"))
    assert entry.speaks_of(case(dtype="half"))
    assert not entry.speaks_of(case(dtype="float32"))


def test_kinds_of_operands_are_a_condition(tmp_path: Path) -> None:
    (entry,) = awake(known(tmp_path, "{data: [special, wide]}"), Facts())
    assert entry.fits(replace(case(), data=(DataKind.SPECIAL,)).features) is True
    assert entry.fits(case().features) is False
    assert entry.fits(case().features | {"data": None}) is None  # of a recording that did not keep them


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("{tensorflow: '>=2.20'}", True), ("{tensorflow: '<2.20'}", False), ("{tensorflow: '==2.21.*'}", True),
        ("{jax: '>=0.4'}", False), ("{python: '>=3.11'}", True), ("{onednn: '>=3.7'}", True), ("{onednn: '<3'}", False),
        ("{system: linux}", True), ("{system: [darwin, linux]}", True), ("{machine: aarch64}", False),
        ("{processor: 'AMD *'}", True), ("{has: avx2}", True), ("{has: [avx2, avx512f]}", False),
        ("{lacks: avx512f}", True), ("{lacks: [avx512f, avx2]}", False), ("{has: avx2, lacks: avx512f}", True),
        ("{device: {compute_capability: '>=8.0'}}", True), ("{device: {compute_capability: '<9'}}", False),
        ("{device: {name: '*H100*', driver: '>=550'}}", True), ("{device: {name: '*A100*'}}", False),
        ("{has: avx2, machine: aarch64}", False), ("{}", True),
        ("{variables: {XLA_FLAGS: '*max_isa=SSE*'}}", True), ("{variables: {XLA_FLAGS: '*max_isa=AVX*'}}", False),
        ("{variables: {OTHER: '?*'}}", False), ("{variables: {OTHER: ''}}", True),
    ],
)  # fmt: skip
def test_conditions_on_facts(when: str, *, holds: bool, tmp_path: Path) -> None:
    facts = Facts(
        python="3.12.4", system="linux", machine="x86_64", processor="AMD EPYC", features=("avx", "avx2"),
        packages={"tensorflow": "2.21.0"}, onednn=OneDnn("v3.7.3"), device=Device("NVIDIA H100 80GB", "9.0", "570.12"),
        variables={"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"},
    )  # fmt: skip
    assert bool(awake(known(tmp_path, "{dtype: half}", f"when: {when}"), facts)) is holds


def test_a_gpu_that_is_not_there_fulfils_nothing(tmp_path: Path) -> None:
    assert not awake(known(tmp_path, "'*'", "when: {device: {driver: '>=1'}}"), Facts())
    assert not awake(known(tmp_path, "'*'", "when: {device: {driver: '>=1'}}"), Facts(device=Device("x")))


def test_what_is_dormant_excuses_nothing_and_is_never_out_of_date(tmp_path: Path) -> None:
    entries = known(tmp_path, "'*'", "when: {tensorflow: '<2.20'}")
    new, old = (Facts(packages={"tensorflow": version}) for version in ("2.21.0", "2.19.1"))
    assert [expected(entries, new, verdict) for verdict in ("refuses", "conforms")] == [False, True]
    assert [expected(entries, old, verdict) for verdict in ("refuses", "conforms")] == [True, False]


@pytest.mark.parametrize(
    ("match", "more", "said"),
    [
        ("{onednn: ignores}", "", "onednn: ignores: it takes, leaves or refuses a call"),
        ("a", "when: {tensorflow: new}", "tensorflow: a version range looks like '>=2.16,<2.22'"),
        ("a", "when: {has: [1]}", "has: a word, or a list of them"),
        ("a", "when: {device: H100}", "device: a mapping of name, compute_capability, driver"),
        ("a", "when: {device: {memory: 80}}", "device: a mapping of name, compute_capability, driver"),
        ("a", "when: {variables: [XLA_FLAGS]}", "variables: a mapping of names to patterns"),
        ("a", "when: linux", "a mapping is needed here"),
    ],
)
def test_a_condition_that_makes_no_sense_is_said(match: str, more: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"known_deviations/tf\.yaml:1:") as raised:
        known(tmp_path, match, more)
    assert said in str(raised.value)


def test_each_id_of_a_list_is_an_entry_of_its_own_beside_its_conditions(tmp_path: Path) -> None:
    entries = known(tmp_path, "{id: [a, b], onednn: takes}")
    assert [entry.match for entry in entries] == [{"id": "a", "onednn": "takes"}, {"id": "b", "onednn": "takes"}]


def test_the_old_spelling_is_read_and_the_new_one_offered(tmp_path: Path) -> None:
    (entry,) = known(tmp_path, "'*'", "tensorflow: '<2.20'")
    assert not awake([entry], Facts(packages={"tensorflow": "2.21.0"}))
    hint = "known_deviations/tf.yaml:1: write when: {tensorflow: '<2.20'} for tensorflow: '<2.20'"
    assert hints(tmp_path / "known_deviations") == [hint]
    (tmp_path / "a.yaml").write_text(
        HEAD + "cases:\n  - {id: a, input_sizes: [1, 1, 1, 1], filter: [1, 1, 1, 1], padding: SAME}\n",
        encoding="utf-8",
    )
    done = harness("validate", tmp_path)
    assert (done.returncode, done.stderr) == (0, f"{hint}\n")
