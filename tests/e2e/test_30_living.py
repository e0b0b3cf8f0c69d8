"""Living with a testbed: checkpoints, suspending, restarts."""

import re
import time

import pytest
from conftest import Cli

pytestmark = pytest.mark.e2e

ASLEEP = 15.0  # seconds; a clock that nobody set is that far behind afterwards


def test_a_checkpoint_brings_everything_back(cli: Cli, healthy: str) -> None:
    cli.guest(healthy, "all", "sync; echo before > /home/aolda/note")
    cli.must("checkpoint", "save", "noted", "--name", healthy)
    cli.guest(healthy, "all", "echo after > /home/aolda/note; sync")
    cli.must("link", "down", "node1", "eno1", "--name", healthy)
    cli.must("checkpoint", "restore", "noted", "--name", healthy)
    notes = cli.guest(healthy, "all", "cat /home/aolda/note")
    assert sorted({line.split(": ")[1] for line in notes.splitlines()}) == ["before"]
    assert cli.guest(healthy, "node1", "cat /sys/class/net/eno1/carrier").strip() == "1"
    assert cli.run("status", "--check", "--name", healthy).returncode == 0
    names = [each["name"] for each in cli.json("checkpoint", "list", "--name", healthy)]
    assert names == ["network", "noted"]
    cli.must("checkpoint", "delete", "noted", "--name", healthy)
    names = [each["name"] for each in cli.json("checkpoint", "list", "--name", healthy)]
    assert names == ["network"]


def test_a_stages_name_is_its_own_and_none_is_guessed(cli: Cli, aolda: str) -> None:
    taken = cli.run("checkpoint", "save", "network", "--name", aolda)
    unknown = cli.run("checkpoint", "restore", "netwrok", "--name", aolda)
    assert (taken.returncode, unknown.returncode) == (7, 7)
    assert "that is the name of a stage's" in taken.stderr
    assert "it has: network" in unknown.stderr


def test_suspended_machines_wake_with_the_right_time(cli: Cli, healthy: str) -> None:
    cli.must("suspend", "--name", healthy)
    states = {m["state"] for m in cli.json("status", "--name", healthy)[0]["machines"]}
    assert states == {"paused"}
    time.sleep(ASLEEP)
    cli.must("resume", "--name", healthy)
    done = cli.run("status", "--check", "--name", healthy)
    assert done.returncode == 0, done.stderr
    from_hosts = re.findall(r"clock: .*?([+-]\d+) ms from the host's", done.stderr)
    assert len(from_hosts) == 6, done.stderr
    assert all(abs(int(ms)) < 1000 for ms in from_hosts), done.stderr


def test_a_restarted_machine_comes_back(cli: Cli, healthy: str) -> None:
    read = "cat /proc/sys/kernel/random/boot_id"
    before = cli.guest(healthy, "node3", read)
    cli.must("restart", "node3", "--name", healthy)
    assert cli.guest(healthy, "node3", read) != before
    cli.must("up", "aolda", "--name", healthy, "--to", "network")


def test_the_console_is_a_root_shell(cli: Cli, aolda: str) -> None:
    import os
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        argv = [".venv/bin/testbed", "console", "node1", "--name", aolda]
        os.execve(argv[0], argv, cli.env)
    seen = b""
    os.set_blocking(terminal, False)
    deadline = time.monotonic() + 90
    typed = 0.0
    while b"uid=0(root)" not in seen and time.monotonic() < deadline:
        if time.monotonic() - typed > 5:
            os.write(terminal, b"\nid\n")
            typed = time.monotonic()
        time.sleep(0.2)
        try:
            seen += os.read(terminal, 4096)
        except BlockingIOError:
            continue
    os.write(terminal, b"\x1d")
    _, status = os.waitpid(pid, 0)
    assert b"uid=0(root)" in seen
    assert os.waitstatus_to_exitcode(status) == 0
