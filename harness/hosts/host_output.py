"""What a host writes to its standard output and error."""

import os
import re
import threading
from collections.abc import Iterable
from typing import Final

MARKER: Final = b"\x00end of case\x00\n"  # a host writes it behind each case
# What TensorFlow always says when it starts, what oneDNN says of itself, and frames without symbols.
_NOISE: Final = re.compile(
    r"[IWE] .*(cuda|cpu_feature_guard|port\.cc|service\.cc|device_compiler\.cc)"
    r"|WARNING: All log|To enable the|onednn_verbose|\s+@ +0x|\*\*\* "
)
# Time and process, which differ from run to run; TensorFlow up to 2.20 wrote the time in front and the whole path.
_STAMP: Final = re.compile(
    r"^([IWEF])\d{4} [\d:.]+ +\d+ |^\d{4}-\d\d-\d\d [\d:.]+: ([IWEF]) (?:\S*/)?(?=\S+\.(?:cc|h):\d+\])"
)
TAIL: Final = 32 * 1024  # bytes of output that are kept
LAST_LINES: Final = 15


def cleaned(lines: Iterable[str]) -> tuple[str, ...]:
    """Lines without times and paths, which differ from run to run, and without what a framework always says."""
    kept = (_STAMP.sub(r"\1\2 ", line[:300]) for line in lines if line.strip())
    return tuple(line for line in kept if not _NOISE.match(line))


def fatal_line(lines: Iterable[str]) -> str | None:
    """The line with which a process ended itself, if there is one."""
    return next((line for line in lines if line.startswith("F ")), None)


class HostOutput:
    """What a host writes to its standard output and error, drained so that it never blocks; the tail is kept."""

    def __init__(self, stream: int) -> None:
        """Read `stream` to its end, in a thread."""
        self.stream = stream
        self.tail = b""
        self.seen = threading.Condition()
        self.closed = False
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        while chunk := os.read(self.stream, 1 << 16):
            with self.seen:
                self.tail = (self.tail + chunk)[-TAIL:]
                self.seen.notify_all()
        os.close(self.stream)
        with self.seen:
            self.closed = True
            self.seen.notify_all()

    def clear(self) -> None:
        """Forget what was written so far."""
        with self.seen:
            self.tail = b""

    def _whole(self, seconds: float) -> str:
        """The tail, once MARKER or the end of the stream was read, or the time is over."""
        with self.seen:
            self.seen.wait_for(lambda: self.closed or MARKER in self.tail, timeout=seconds)
            return self.tail.replace(MARKER, b"").decode("utf-8", errors="replace")

    def last_lines(self) -> tuple[str, ...]:
        """What a host that died said last, without times and without what TensorFlow always says."""
        return cleaned(self._whole(1.0).splitlines())[-LAST_LINES:]

    def ran(self, seconds: float) -> str | None:
        """The kernels that ran: oneDNN names each primitive it executes. `seconds` is how long to wait for the mark."""
        names = set()
        for line in self._whole(seconds).splitlines():
            fields = line.split(",")
            if fields[0] == "onednn_verbose" and "exec" in fields and "convolution" in fields[:-1]:
                names.add(f"oneDNN {fields[fields.index('convolution') + 1]}")
        return ", ".join(sorted(names)) or None
