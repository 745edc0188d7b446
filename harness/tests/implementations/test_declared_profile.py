"""What a file declares of its kernels, without being run."""

from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.implementations.resolve import resolve
from harness.spec.case import FLOAT_TYPES, Algorithm, Profile

KERNELS = "raise SystemExit\ndef kernel(**_): ...\ndef other(**_): ...\n"


def profile(folder: Path, declared: str, name: str = "kernel") -> Profile:
    file = folder / "mine.py"
    file.write_text(KERNELS + declared)
    (found,) = resolve([f"{file}:{name}"])
    return found.profile


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("", Profile()),
        ("conformance = {}", Profile()),
        ("conformance = {'profile': {'algorithm': 'fft'}}", Profile(algorithm=Algorithm.FFT)),
        ("kernel.conformance = {'profile': {'rounding': 'truncation'}}", Profile(rounding="truncation")),
        ("conformance = {'flushes': ['half']}", Profile(flushes=("half",))),
        ("conformance = {'flushes': True}", Profile(flushes=FLOAT_TYPES)),
        ("conformance = {'flushes': False}", Profile(flushes=())),
        ("conformance = {'validates': False}", Profile()),  # for others to read
    ],
)
def test_a_profile_is_read_and_the_file_is_not_run(declared: str, expected: Profile, tmp_path: Path) -> None:
    assert profile(tmp_path, declared) == expected


def test_what_is_said_of_one_kernel_is_not_said_of_the_other(tmp_path: Path) -> None:
    declared = (
        "conformance = {'profile': {'algorithm': 'fft'}}\nother.conformance = {'profile': {'algorithm': 'kahan'}}"
    )
    assert profile(tmp_path, declared).algorithm == "fft"
    assert profile(tmp_path, declared, "other").algorithm == "kahan"


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("conformance = {'profile': {'algorithm': 'ftt'}}", "conformance: algorithm: Input should be 'tf32', "),
        ("conformance = {'profile': {'rtol': 0.1}}", "rtol and atol come together, and with a reason"),
        ("conformance = {'profile': {'tolerance': 1}}", "conformance: tolerance: Extra inputs are not permitted"),
        ("conformance = {'flushes': ['float8']}", "conformance: flushes.0: Input should be 'half', "),
        ("conformance = dict(profile=1)", "it is read without running the file, and must be written out"),
        ("conformance = [1]", "[1] is no mapping"),
    ],
)
def test_what_is_no_profile_is_wrong_usage(declared: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as raised:
        profile(tmp_path, declared)
    assert message in str(raised.value.findings)
