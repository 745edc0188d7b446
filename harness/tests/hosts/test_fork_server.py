"""Fork servers that several clients share: one import, and each client's hosts are its own."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from harness.hosts.fork_server import ForkServer, SharedServers, kind_of
from harness.hosts.host import Hosts
from harness.implementations import Crashed, Implementation, Returned
from harness.remote.server import Server
from harness.spec.case import Case
from harness.tests.cases import PLAIN, cases_of
from harness.tests.hosts.test_hosts import GIB, example, processes

LOCAL: Final = Implementation("local", "harness.implementations.local:local_fast", "local")
OTHER: Final = Implementation("other", LOCAL.target, "other", environment={"HARNESS_TEST": "1"})


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return cases_of(tmp_path, PLAIN)[0]


@pytest.fixture
def shared() -> Iterator[SharedServers]:
    servers = SharedServers([LOCAL, LOCAL, OTHER])
    yield servers
    servers.close()


@pytest.fixture
def clients(shared: SharedServers) -> Iterator[list[Hosts]]:
    found = [Hosts(timeout=60, memory_limit=4 * GIB, shared=shared.addresses) for _ in range(2)]
    yield found
    for hosts in found:
        hosts.close()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])


def test_clients_share_a_server_for_each_environment_and_have_hosts_of_their_own(
    case: Case, shared: SharedServers, clients: list[Hosts]
) -> None:
    before = processes()
    for hosts in clients:
        for implementation in (LOCAL, OTHER):
            assert isinstance(hosts(case, implementation).outcomes[0], Returned)
    assert processes() == before  # no server of their own
    pids = [[host.pid for host in hosts.hosts.values()] for hosts in clients]
    assert len({pid for own in pids for pid in own}) == 4
    servers = [server.process.pid for server in shared.servers if server.process]
    assert [[parent_of(pid) for pid in own] for own in pids] == [servers, servers]
    assert list(shared.addresses) == [kind_of(LOCAL), kind_of(OTHER)]


def test_what_one_client_ends_the_other_keeps(case: Case, clients: list[Hosts]) -> None:
    for hosts in clients:
        hosts(case, LOCAL)
    (kept,) = clients[1].hosts.values()
    assert isinstance(clients[0](case, example("aborts")).outcomes[0], Crashed)
    clients[0].close()
    assert isinstance(clients[1](case, LOCAL).outcomes[0], Returned)
    assert clients[1].hosts[kind_of(LOCAL)] is kept
    assert kept.served == 2


def test_a_client_that_is_killed_takes_its_host_along(case: Case, shared: SharedServers, clients: list[Hosts]) -> None:
    program = (
        "import os, sys\n"
        "from harness.hosts.fork_server import ForkServer\n"
        "server = ForkServer.reached('\\0' + sys.argv[1])\n"
        "requests, responses, output = os.pipe()[0], *os.pipe()\n"
        "print(server.fork(requests, output, output), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    address = shared.addresses[kind_of(LOCAL)].removeprefix("\0")
    clients[0](case, LOCAL)
    command = [sys.executable, "-c", program, address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:  # noqa: S603 -- our own program
        assert client.stdout is not None
        host = int(client.stdout.readline())
    while Path(f"/proc/{host}").exists():  # it is reaped, too
        pass
    assert isinstance(clients[0](case, LOCAL).outcomes[0], Returned)


def test_without_the_shared_server_a_client_has_one_of_its_own(
    case: Case, shared: SharedServers, clients: list[Hosts]
) -> None:
    hosts = clients[0]
    hosts(case, LOCAL)
    watched = os.pidfd_open(next(iter(hosts.hosts.values())).pid)
    process = shared.servers[0].process
    assert process is not None
    process.send_signal(signal.SIGKILL)
    assert select.select([watched], [], [], 30)[0] == [watched]
    os.close(watched)
    transcript = hosts(case, LOCAL)
    assert isinstance(transcript.outcomes[0], Returned)
    assert transcript.note == "not counted: SIGKILL, which a fresh host did not repeat"
    own = hosts.servers[kind_of(LOCAL)].process
    assert own is not None
    assert own.pid in processes()


def test_servers_import_before_they_are_asked_for_a_host() -> None:
    dying = "harness.tests.dies_when_imported:kernel"
    servers = SharedServers([Implementation(name, dying, name, environment={"HARNESS_TEST": name}) for name in "ab"])
    first, second = (server.process for server in servers.servers)
    assert first is not None
    assert second is not None
    assert [server.wait(timeout=60) for server in (first, second)] == [-signal.SIGABRT] * 2
    servers.close()


def test_another_user_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "\0harness-test-another-user"
    ours, control = socket.socketpair()
    with ours, control, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        server = Server("", "", control, listener)
        accepted, refused = ForkServer.reached(address), ForkServer.reached(address)
        server.accept(listener)
        monkeypatch.setattr("os.getuid", lambda: -2)
        server.accept(listener)
        assert len(server.hosts) == 2
        assert refused.control.recv(1) == b""
        for end in (accepted.control, refused.control, *server.hosts):
            end.close()
