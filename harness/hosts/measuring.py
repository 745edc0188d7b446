"""The facts of the processes that implementations run in: asked for once for each kind of process, before any case."""

import contextlib
from collections.abc import Iterator, Mapping

from harness.facts import Facts, facts_of
from harness.hosts.fork_server import ForkServer, Kind, kind_of
from harness.implementations import Implementation


class UnfitError(Exception):
    """No process of an environment could say what it is, so that no call could be judged there; one sentence."""


class Measuring:
    """`facts` of implementations, measured in processes of their own kind; `shared` are servers that can be asked."""

    def __init__(self, shared: Mapping[Kind, str] = {}) -> None:
        """Nothing is measured yet."""
        self.shared = shared
        self.known: dict[Kind, Facts] = {}

    def facts(self, implementation: Implementation) -> Facts:
        """What its processes are. Raises UnfitError where none of them comes to say so."""
        kind = kind_of(implementation)
        if kind not in self.known:
            self.known[kind] = self._measured(implementation, kind)
        return self.known[kind]

    def _measured(self, implementation: Implementation, kind: Kind) -> Facts:
        reason: object = "no process can be started"
        for server in self._servers(implementation, kind):
            try:
                answer = server.facts()
                if "died" not in answer:
                    return facts_of(answer)
                reason = answer["died"]
            except (OSError, ValueError) as error:
                reason = error
            finally:
                server.close()
        raise UnfitError(f"{implementation.name} cannot be run here: a process that says what it is ended: {reason}")

    def _servers(self, implementation: Implementation, kind: Kind) -> Iterator[ForkServer]:
        if kind in self.shared:
            with contextlib.suppress(OSError):
                yield ForkServer.reached(self.shared[kind])
                return
        with contextlib.suppress(OSError):
            yield ForkServer.started(kind, implementation.module, implementation.facts)
