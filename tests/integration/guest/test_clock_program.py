"""The program that runs in the guest, run here by the host's own Perl."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pytest

from testbed.wait import Seen, wait_until

Ask = Callable[[str], str]
_ADJTIMEX = "syscall($calls->{adjtimex}, $timex) >= 0"


@contextmanager
def running(adjtimex: str = "") -> Iterator[Ask]:
    """Run the program; leave before what it holds, for a parent waits for the one that holds.

    `adjtimex` stands in for the system call that would move this computer's clock: "1" or "0".
    """
    program = (resources.files("testbed.guest") / "clock.pl").read_text()
    if adjtimex:
        program = program.replace(_ADJTIMEX, adjtimex)
    argv = ["perl", "-e", program]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as perl:
        assert perl.stdin is not None
        assert perl.stdout is not None
        stdin, stdout = perl.stdin, perl.stdout

        def question(line: str) -> str:
            stdin.write(f"{line}\n".encode())
            return stdout.readline().decode().strip()

        yield question


# One that waits with a deadline, as a heartbeat's thread does, and counts in between. It is a
# process of its own: a thread stopped here could be the next one Python's own lock waits for.
_COUNTER = """
import ctypes, os, sys, threading
name, path = sys.argv[1:]
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(2**64 - 1), 0, 0, 0)  # PR_SET_PTRACER: any
with open("/proc/self/comm", "w") as comm:
    comm.write(name)
count, never = 0, threading.Event()
file = os.open(path, os.O_WRONLY | os.O_CREAT)
while not never.wait(0.01):
    count += 1
    os.pwrite(file, b"%020d" % count, 0)
"""


@dataclass(frozen=True)
class Counter:
    """What counts while it runs."""

    path: Path

    @property
    def count(self) -> int:
        return int(self.path.read_text() or 0) if self.path.exists() else 0


@contextmanager
def counting(name: str, folder: Path) -> Iterator[Counter]:
    counter = Counter(folder / name)
    argv = [sys.executable, "-c", _COUNTER, name, str(counter.path)]
    with subprocess.Popen(argv) as process:
        try:
            counts_on(counter, 2)
            yield counter
        finally:
            process.kill()


def counts_on(counter: Counter, since: int) -> None:
    wait_until("counting on", lambda: Seen(counter.count > since, str(counter.count)), timeout=10)


def test_it_tells_the_time() -> None:
    with running() as ask:
        before = time.time()
        assert before - 0.001 <= float(ask("time")) <= time.time() + 0.001


def test_a_held_thread_stands_still_and_another_runs(tmp_path: Path) -> None:
    with (
        counting("tb_heartbeat", tmp_path) as held,
        counting("tb_neighbour", tmp_path) as neighbour,
        running() as ask,
    ):
        assert ask("hold tb_heartbeat") == "1"
        stood = held.count
        counts_on(neighbour, neighbour.count + 10)
        assert held.count == stood
        assert ask("hold tb_no_such_name") == "0"
        assert float(ask("time")) > 0


def test_a_held_thread_runs_on_when_the_program_has_ended(tmp_path: Path) -> None:
    with counting("tb_heartbeat", tmp_path) as held:
        with running() as ask:
            assert ask("hold tb_heartbeat") == "1"
            stood = held.count
        counts_on(held, stood)


def test_a_held_thread_runs_on_when_it_is_released(tmp_path: Path) -> None:
    with counting("tb_heartbeat", tmp_path) as held, running() as ask:
        assert ask("release") == "released"
        assert ask("hold tb_heartbeat") == "1"
        stood = held.count
        assert ask("release") == "released"
        counts_on(held, stood)
        assert ask("hold tb_heartbeat") == "1"  # it can be held again
        assert float(ask("time")) > 0


def test_a_thread_held_in_a_restored_checkpoint_runs_on_no_sooner_than_it_is_released(
    tmp_path: Path,
) -> None:
    with (
        counting("tb_heartbeat", tmp_path) as held,
        counting("tb_neighbour", tmp_path) as neighbour,
        running() as newer,
        running() as older,
    ):
        assert older("hold tb_heartbeat") == "1"
        stood = held.count
        assert newer("hold tb_heartbeat") == "1"
        counts_on(neighbour, neighbour.count + 10)
        assert held.count == stood
        assert newer("release") == "released"
        counts_on(held, stood)
        with pytest.raises(BrokenPipeError):
            older("time")


def test_a_thread_held_in_a_restored_checkpoint_runs_on_when_the_program_has_ended(
    tmp_path: Path,
) -> None:
    with counting("tb_heartbeat", tmp_path) as held, running() as older:
        assert older("hold tb_heartbeat") == "1"
        with running() as newer:
            assert newer("hold tb_heartbeat") == "1"
            stood = held.count
        counts_on(held, stood)


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket, int]]:
    """A connection's two ends, and the port that one of them has."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as calling,
    ):
        called, _ = server.accept()
        with called:
            yield calling, called, server.getsockname()[1]


def test_a_connection_is_drained_once_all_that_was_sent_is_read(
    tmp_path: Path, connection: tuple[socket.socket, socket.socket, int]
) -> None:
    calling, called, port = connection
    calling.sendall(b"are you alive?")
    done = threading.Event()

    def read() -> None:
        time.sleep(1.5)
        done.set()
        called.recv(100)

    with counting("tb_heartbeat", tmp_path), running() as ask:
        ask("hold tb_heartbeat")
        reader = threading.Thread(target=read)
        reader.start()
        assert ask(f"drain {port} {port}") == "drained"
        assert done.is_set()
        reader.join()


def test_a_connection_that_nobody_reads_is_not_waited_for_for_ever(
    tmp_path: Path, connection: tuple[socket.socket, socket.socket, int]
) -> None:
    calling, _, port = connection
    with counting("tb_heartbeat", tmp_path), running() as ask:
        ask("hold tb_heartbeat")
        assert ask(f"drain {port + 1} {port + 1}") == "drained"  # others' ports are not looked at
        calling.sendall(b"never read")
        assert ask(f"drain {port} {port}") == "not drained"


def test_nobody_waits_where_nothing_is_held(
    connection: tuple[socket.socket, socket.socket, int],
) -> None:
    calling, _, port = connection
    calling.sendall(b"never read")
    with running() as ask:
        assert ask("hold tb_no_such_name") == "0"
        assert ask(f"drain {port} {port}") == "nothing held"


@pytest.mark.parametrize("moves", ["1", "0"])
def test_a_monitor_leaves_the_quorum_for_a_leap_and_comes_back_whatever_happens(
    tmp_path: Path, moves: str
) -> None:
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "mon.a.asok"))
        door.listen()

        def answer() -> None:
            for _ in range(2):
                caller, _ = door.accept()
                with caller:
                    heard.append(caller.recv(200))
                    caller.sendall(b"\0\0\0\2{}")

        server = threading.Thread(target=answer, daemon=True)
        server.start()
        with running(adjtimex=moves) as ask:
            said = ask(f"leap {tmp_path}/mon.*.asok 5400 0")
        server.join(10)
    assert heard == [b'{"prefix":"quorum exit"}\0', b'{"prefix":"quorum enter"}\0']
    assert said == ("stepped" if moves == "1" else "")


def test_a_machine_without_a_monitor_leaps_as_well(tmp_path: Path) -> None:
    with running(adjtimex="1") as ask:
        assert ask(f"leap {tmp_path}/mon.*.asok 5400 0") == "stepped"


def test_chrony_forgets_what_it_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chronyc, told = tmp_path / "chronyc", tmp_path / "told"
    chronyc.write_text(f'#!/bin/sh\necho "200 OK"; echo "$*" > {told}\n')
    chronyc.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with running() as ask:
        assert ask("forget") == "forgotten"
        assert float(ask("time")) == pytest.approx(time.time(), abs=5)
    assert told.read_text() == "reset sources\n"


def test_where_no_chrony_runs_there_is_nothing_to_forget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in ("perl", "uname"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    monkeypatch.setenv("PATH", str(tmp_path))
    with running() as ask:
        assert ask("forget") == "forgotten"
