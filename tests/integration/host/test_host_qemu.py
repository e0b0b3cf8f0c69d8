"""The same doors on real machines without an operating system: what only QEMU can prove."""

import contextlib
import os
import pty
import stat
import termios
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbed.errors import HostError
from testbed.host import Host, MachineState, Pool
from testbed.wait import Seen, wait_until

pytestmark = pytest.mark.e2e

MAC = "52:54:00:aa:01:01"
Real = Callable[..., str]


def state(host: Host, name: str) -> MachineState:
    machine = host.find_domain(name)
    assert machine is not None
    return machine.state


def link(host: Host, name: str) -> bool:
    machine = host.find_domain(name)
    assert machine is not None
    return machine.links[MAC]


def test_a_machine_starts_paused_and_every_change_may_be_made_twice(host: Host, real: Real) -> None:
    name = real()
    steps = (
        (lambda: host.start(name, paused=True), MachineState.PAUSED),
        (lambda: host.resume(name), MachineState.RUNNING),
        (lambda: host.pause(name), MachineState.PAUSED),
        (lambda: host.resume(name), MachineState.RUNNING),
        (lambda: host.destroy(name), MachineState.OFF),
        (lambda: host.start(name), MachineState.RUNNING),
    )
    for step, expected in steps:
        step()
        step()
        assert state(host, name) is expected


def test_a_running_machine_says_what_it_holds_in_ram(host: Host, real: Real) -> None:
    host.start(real())
    (machine,) = host.list_machines("a")
    assert machine.resident_mib > 0
    assert machine.memory_mib == 64


def test_virtio_nics_have_the_speed_that_lacp_needs(host: Host, real: Real) -> None:
    name = real()
    host.start(name, paused=True)
    nics = host.monitor(name, "info qtree")
    assert "speed = 10000 " in nics
    assert 'duplex = "full"' in nics


def test_a_pulled_cable_stays_pulled_over_a_power_cycle(host: Host, real: Real) -> None:
    name = real()
    host.start(name, paused=True)
    host.set_link(name, MAC, up=False)
    host.set_link(name, MAC, up=False)
    assert link(host, name) is False
    host.destroy(name)
    host.start(name, paused=True)
    assert link(host, name) is False
    host.set_link(name, MAC, up=True)
    assert link(host, name) is True
    assert "speed = 10000 " in host.monitor(name, "info qtree")


def test_a_cable_can_be_pulled_while_the_power_is_off(host: Host, real: Real) -> None:
    name = real()
    host.set_link(name, MAC, up=False)
    assert link(host, name) is False


def test_a_snapshot_of_a_paused_machine_leaves_it_paused(host: Host, real: Real) -> None:
    name = real()
    host.start(name, paused=True)
    host.create_snapshot(name, "healthy")
    assert state(host, name) is MachineState.PAUSED
    assert [taken.state for taken in host.list_snapshots(name)] == [MachineState.PAUSED]


def test_a_snapshot_brings_machine_and_cables_back(host: Host, real: Real) -> None:
    name = real()
    host.start(name)
    host.create_snapshot(name, "healthy")
    assert state(host, name) is MachineState.RUNNING
    host.set_link(name, MAC, up=False)
    host.destroy(name)
    host.revert_snapshot(name, "healthy")
    assert (state(host, name), link(host, name)) == (MachineState.PAUSED, True)
    host.revert_snapshot(name, "healthy", paused=False)
    assert state(host, name) is MachineState.RUNNING


def test_a_snapshot_of_a_machine_that_was_off_leaves_it_off(host: Host, real: Real) -> None:
    name = real()
    host.create_snapshot(name, "cold")
    host.start(name)
    host.revert_snapshot(name, "cold")
    assert state(host, name) is MachineState.OFF


def test_a_machine_with_snapshots_can_be_undefined(host: Host, real: Real) -> None:
    name = real()
    host.start(name)
    host.create_snapshot(name, "healthy")
    host.destroy(name)
    host.undefine(name)
    assert host.find_domain(name) is None


def test_a_taken_ssh_port_says_so(host: Host, real: Real) -> None:
    host.start(real("a-node1", port=2301))
    other = real("a-node2", port=2301)
    with pytest.raises(HostError, match="cannot start domain 'a-node2'") as caught:
        host.start(other)
    assert "host forwarding rule" in caught.value.why
    assert "ss -ltnp" in caught.value.next_step


def test_a_missing_disk_says_so(host: Host, real: Real, pool: Pool) -> None:
    name = real()
    host.delete_volume(pool, f"{name}.disk")
    with pytest.raises(HostError) as caught:
        host.start(name)
    assert "No such file" in caught.value.why
    assert "testbed up" in caught.value.next_step


def test_machines_outlive_the_daemon_and_the_next_question_finds_a_new_one(
    daemon: Any, host: Host, real: Real
) -> None:
    name = real()
    host.start(name)
    daemon.kill()
    daemon.start()
    assert state(host, name) is MachineState.RUNNING


def test_an_agent_that_does_not_answer_is_a_host_error(host: Host, real: Real) -> None:
    name = real()
    host.start(name)
    with pytest.raises(HostError, match="cannot ask the guest agent of domain 'a-node1'"):
        host.agent(name, {"execute": "guest-ping"}, timeout=1)


def test_only_their_owner_opens_the_pool_and_its_volumes(host: Host, pool: Pool) -> None:
    base = host.create_disk(pool, "base.qcow2", 16)
    overlay = host.create_overlay(pool, "root.qcow2", 32, base.path)
    seed = host.upload(pool, "seed.iso", b"x" * 700_000)
    assert stat.S_IMODE(pool.folder.stat().st_mode) == 0o700
    for volume in (base, overlay, seed):
        assert stat.S_IMODE(volume.path.stat().st_mode) == 0o600
    assert (overlay.backing, overlay.size_bytes) == (base.path, 32 * 1024 * 1024)


def test_an_upload_replaces_what_was_there(host: Host, pool: Pool) -> None:
    for data in (os.urandom(1_000_000), b"short", os.urandom(300_000)):
        volume = host.upload(pool, "seed.iso", data)
        assert volume.path.read_bytes() == data


def test_a_pool_goes_with_files_that_appeared_in_it(host: Host, pool: Pool) -> None:
    host.create_disk(pool, "a.qcow2", 16)
    (pool.folder / "console.log").write_text("[ 0.0] Linux")
    host.delete_pool(pool.name, pool.uuid)
    assert not pool.folder.exists()
    assert host.find_pool(pool.name, pool.uuid) is None


def test_a_pool_whose_folder_is_gone_can_be_deleted_and_made_again(host: Host, pool: Pool) -> None:
    pool.folder.rmdir()
    host.delete_pool(pool.name, pool.uuid)
    assert host.ensure_pool(pool.name, pool.uuid, pool.folder) == pool
    assert pool.folder.is_dir()


def test_a_pool_that_cannot_be_made_leaves_nothing(host: Host) -> None:
    key = uuid.uuid4()
    folder = Path("/proc/testbed-b")
    with pytest.raises(HostError, match="cannot make pool 'testbed-b'"):
        host.ensure_pool("testbed-b", key, folder)
    assert host.find_pool("testbed-b", key) is None


def test_the_console_carries_both_ways_and_restores_the_terminal(host: Host, real: Real) -> None:
    name = real(echo=True)
    keyboard, terminal = pty.openpty()
    screen_out, screen_in = os.pipe()
    os.set_blocking(screen_out, False)
    before = termios.tcgetattr(terminal)
    host.start(name)
    joined = threading.Thread(
        target=host.console, args=(name,), kwargs={"stdin": terminal, "stdout": screen_in}
    )
    joined.start()

    def echoed() -> Seen:
        os.write(keyboard, b"\x03")  # Ctrl+C goes to the machine like any other key
        with contextlib.suppress(BlockingIOError):
            return Seen(b"\x03" in os.read(screen_out, 4096), "something else")
        return Seen(False, "nothing")

    wait_until("the machine echoes", echoed, timeout=30, every=0.2)
    os.write(keyboard, b"\x1d")
    joined.join(timeout=20)
    assert not joined.is_alive()
    assert termios.tcgetattr(terminal) == before
    for descriptor in (keyboard, terminal, screen_out, screen_in):
        os.close(descriptor)


def test_the_console_ends_with_the_machine(host: Host, real: Real) -> None:
    name = real()
    host.start(name)
    keys_out, keys_in = os.pipe()
    joined = threading.Thread(
        target=host.console, args=(name,), kwargs={"stdin": keys_out, "stdout": keys_in}
    )
    joined.start()
    host.destroy(name)
    wait_until(
        "the console ends",
        lambda: Seen(not joined.is_alive(), "it is open"),
        timeout=20,
        every=0.1,
    )
    for descriptor in (keys_out, keys_in):
        os.close(descriptor)
