"""What a host writes to its standard output and error."""

import os
import re
import threading
from typing import Final

MARKER: Final = b"\x00end of case\x00\n"  # a host writes it behind each case
# What TensorFlow always says when it starts, what oneDNN says of itself, and frames without symbols.
_NOISE: Final = re.compile(
    r"[IWE] .*(cuda|cpu_feature_guard|port\.cc)|WARNING: All log|To enable the|onednn_verbose|\s+@ +0x|\*\*\* "
)
_STAMP: Final = re.compile(r"^([IWEF])\d{4} [\d:.]+ +\d+ ")  # time and process, which differ from run to run
TAIL: Final = 32 * 1024  # bytes of output that are kept
LAST_LINES: Final = 15


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
        lines = [_STAMP.sub(r"\1 ", line[:300]) for line in self._whole(1.0).splitlines() if line.strip()]
        return tuple(line for line in lines if not _NOISE.match(line))[-LAST_LINES:]

    def ran(self, seconds: float) -> str | None:
        """The kernels that ran: oneDNN names each primitive it executes. `seconds` is how long to wait for the mark."""
        names = {
            f"oneDNN {fields[6]}"
            for line in self._whole(seconds).splitlines()
            if line.startswith("onednn_verbose") and len(fields := line.split(",")) > 7 and fields[5] == "convolution"
        }
        return ", ".join(sorted(names)) or None
