"""Search: random calls on the chosen implementations; what is new is shrunk, and written for others to read."""

import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import TextIO

from harness.hosts.host import Hosts, call_in_process
from harness.hosts.known import known_here
from harness.hosts.memory import memory_free
from harness.implementations import Implementation
from harness.implementations.frameworks import DEFAULT
from harness.implementations.resolve import check_installed, resolve
from harness.spec.casefile import load
from harness.spec.selection import CASES, case_paths
from harness.studies.fuzz.known import Known
from harness.studies.fuzz.search import Limits, Search, Tally


def fuzz(given: Sequence[str], limits: Limits, root: Path, out: Path, *, timeout: float, isolated: bool) -> bool:
    """Search, print what was found, and return whether it is nothing new.

    `given` names implementations, `root` holds the cases and what is known, findings go to the folder `out`. Raises
    InvalidInputError for what is wrong with the names, KeyboardInterrupt after it has printed what there is.
    """
    implementations = resolve(given or DEFAULT[:1])
    check_installed(implementations)
    known = {each.name: _known(each, root) for each in implementations}
    hosts = Hosts(timeout, memory_free()) if isolated else None
    search = Search(implementations, known, hosts or call_in_process, limits, out)
    try:
        _follow(search, sys.stderr)
    finally:
        if hosts:
            hosts.close()
        for finding in search.tally.distinct:
            finding.write()  # once more: how often it was seen is known now
        sys.stdout.write("".join(f"{line}\n" for line in _summary(search.tally, implementations)))
    return not search.tally.findings


def _known(implementation: Implementation, root: Path) -> Known:
    entries = known_here(implementation, root)
    return Known.of(entries, load(case_paths(root / CASES, root)) if entries else [])


def _follow(search: Search, stream: TextIO) -> None:
    """Run the search; on a terminal, say how far it is."""
    started = monotonic()
    for tally in search:
        if stream.isatty():
            seconds = monotonic() - started
            rate = tally.drawn / max(seconds, 1e-3)
            stream.write(f"\r{tally.drawn:,} cases in {seconds:.0f} s, {rate:.0f}/s, {len(tally.distinct)} findings ")
            stream.flush()
    if stream.isatty():
        stream.write("\n")


def _summary(tally: Tally, implementations: Sequence[Implementation]) -> list[str]:
    lines = []
    for each in implementations:
        counts = [
            f"{count:,} {verdict}" for (name, verdict), count in sorted(tally.counts.items()) if name == each.name
        ]
        apart = {"known": tally.known[each.name], "not supported": tally.unsupported[each.name]}
        told = ", ".join(f"{count:,} {what}" for what, count in apart.items() if count)
        lines.append(f"{each.name}: {', '.join(counts) or 'nothing yet'}" + (f" ({told})" if told else ""))
    for finding in tally.distinct:
        times = f"{finding.times:,} {'time' if finding.times == 1 else 'times'}"
        lines.append(f"new, {times}: {finding.folder / finding.stem}.yaml: {finding.result.why.splitlines()[0]}")
    return [*lines, f"{tally.drawn:,} cases, {len(tally.distinct)} new"]
