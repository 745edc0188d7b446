"""What a host writes to its standard output and error."""

import os
import re
import threading
from collections.abc import Iterable
from functools import cache
from typing import Final

from harness.implementations import Wording
from harness.remote.process import MARKER

TAIL: Final = 32 * 1024  # bytes of output that are kept
LAST_LINES: Final = 15


def cleaned(lines: Iterable[str], wording: Wording) -> tuple[str, ...]:
    """Lines without times and paths, which differ from run to run, and without what a framework always says."""
    stamp, noise = _any_of(wording.stamp), _any_of(wording.noise)
    kept = (stamp.sub(_groups, line[:300]) for line in lines if line.strip())
    return tuple(line for line in kept if not noise.match(line))


def fatal_line(lines: Iterable[str]) -> str | None:
    """The line with which a process ended itself, if there is one."""
    return next((line for line in lines if line.startswith("F ")), None)


def _groups(stamp: re.Match[str]) -> str:
    return "".join(f"{group} " for group in stamp.groups() if group)


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or r"(?!)")


class HostOutput:
    """What a host writes to its standard output and error, drained so that it never blocks; the tail is kept."""

    def __init__(self, stream: int) -> None:
        """Read `stream` to its end, in a thread."""
        self.stream = stream
        self.tail = b""
        self.wording = Wording()
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

    def clear(self, wording: Wording) -> None:
        """Forget what was written so far; what comes is worded as a framework words it."""
        with self.seen:
            self.tail = b""
            self.wording = wording

    def _whole(self, seconds: float) -> str:
        """The tail, once MARKER or the end of the stream was read, or the time is over."""
        with self.seen:
            self.seen.wait_for(lambda: self.closed or MARKER in self.tail, timeout=seconds)
            return self.tail.replace(MARKER, b"").decode("utf-8", errors="replace")

    def last_lines(self) -> tuple[str, ...]:
        """What a host that died said last, without times and without what its framework always says."""
        return cleaned(self._whole(1.0).splitlines(), self.wording)[-LAST_LINES:]

    def ran(self, seconds: float) -> str | None:
        """The kernels that ran, where a library names them. `seconds` is how long to wait for the mark."""
        if not self.wording.ran:
            return None
        lines = self._whole(seconds).splitlines()
        found = {
            f"{library} {match[1]}"
            for library, pattern in self.wording.ran.items()
            for match in filter(None, map(re.compile(pattern).match, lines))
        }
        return ", ".join(sorted(found)) or None
