"""A case and an implementation as plain text for the terminal."""

from pathlib import Path
from typing import Final

from harness.implementations import Implementation
from harness.implementations.frameworks import OPERATOR_PROGRAM
from harness.spec.case import Case
from harness.spec.geometry import Axis
from harness.spec.snippet import snippet
from harness.versions import MISSING, version_of

NVIDIA_DRIVER: Final = Path("/proc/driver/nvidia/version")


def show_case(case: Case) -> str:
    """Attributes as TensorFlow gets them, what follows from them, and a program that makes the call."""
    call = case.attributes
    lines = [
        case.id,
        f"  written at        {case.source.file}:{case.source.line}",
        f"  covers            {' '.join(case.covers) or '-'}",
        f"  expect            {case.expect}",
        f"  data              {' '.join(case.data)}",
        f"  dtype             {call.dtype}",
        f"  data_format       {call.data_format}",
        f"  input_sizes       {list(call.input_sizes)}",
        f"  filter            {list(call.filter)}",
        f"  out_backprop      {list(call.out_backprop)}",
        f"  strides           {list(call.strides)}",
        f"  dilations         {list(call.dilations)}",
        f"  padding           {call.padding} {list(call.explicit_paddings) if call.explicit_paddings else ''}".rstrip(),
    ]
    if geometry := case.geometry:
        lines += [
            f"  height            {_axis(geometry.height)}",
            f"  width             {_axis(geometry.width)}",
            f"  groups            {geometry.groups}",
            f"  multiply-adds     {geometry.multiply_adds:,}",
        ]
    return "\n".join([*lines, "", snippet(case, OPERATOR_PROGRAM)])


def _axis(axis: Axis) -> str:
    return (
        f"input {axis.input}, filter {axis.filter} (spans {axis.effective_filter}), stride {axis.stride}, "
        f"padding {axis.pad_before} before and {axis.pad_after} after, output {axis.output}"
    )


def show_implementation(implementation: Implementation, *, default: bool, width: int = 16) -> str:
    """Name, what it is, what it needs and whether that is there; the name in a column of `width` characters."""
    package = implementation.needs
    shown = implementation.program.environment if implementation.program else {}
    found = version_of(package) if package else MISSING
    there = "not installed" if found == MISSING else f"{found} found"
    needs = f"needs {package} ({there})" if package else "needs nothing"
    environment = "".join(f" {key}={value}" for key, value in implementation.environment.items() if key in shown)
    available = _availability(implementation, default=default)
    return f"{implementation.name:<{width}}{implementation.summary}; {needs};{environment}{available}"


def _availability(implementation: Implementation, *, default: bool) -> str:
    if not implementation.device:
        return " [default]" if default else ""
    # Whether the framework can use it, a run says: its cases are skipped with the reason where it cannot.
    return "" if NVIDIA_DRIVER.exists() else f" not available here: no {implementation.device} is visible"
