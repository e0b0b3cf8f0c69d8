"""Killed, crowded, robbed of its files: the same end state, or nothing left."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Cli, may_mount

from testbed.host import Host

pytestmark = [pytest.mark.e2e, pytest.mark.turn("host"), pytest.mark.usefixtures("alone")]

NAME = "e2e-small"
KILL_AT = ("sw1: defined", "node1: defined", "sw1: booted", "sw1: ssh", "node1: booted")


def up_until(cli: Cli, topology: Path, told: str) -> None:
    """Start `up` and kill it, without warning, when it has told a step."""
    process = cli.start("up", str(topology), "--name", NAME)
    assert process.stderr is not None
    for line in process.stderr:
        if told in line:
            break
    else:
        pytest.fail(f"up never told '{told}'")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def left(cli: Cli) -> list[str]:
    """Return what exists of the testbed: machines, pool, files."""
    with Host.open() as host:
        machines = [machine.machine for machine in host.list_machines(NAME)]
    places = (cli.disks(NAME), cli.state(NAME), cli.kept(NAME))
    return machines + [str(path) for path in places if path.exists()]


@pytest.fixture
def gone(cli: Cli):  # type: ignore[no-untyped-def]
    """Nothing before and nothing after."""
    cli.must("down", "--forget", "--name", NAME)
    yield
    cli.must("down", "--forget", "--name", NAME)
    assert left(cli) == []


def test_up_goes_on_after_kill_9_at_any_step(cli: Cli, small: Path, gone: None) -> None:
    for told in KILL_AT:
        up_until(cli, small, told)
    ready = cli.json("up", str(small), "--name", NAME)
    assert ready["ready"] is True
    assert cli.run("status", "--check", "--name", NAME).returncode == 0
    assert cli.json("up", str(small), "--name", NAME)["changes"] == []


@pytest.mark.parametrize("told", ["router: defined", "sw1: booted"])
def test_down_after_kill_9_leaves_nothing(cli: Cli, small: Path, gone: None, told: str) -> None:
    up_until(cli, small, told)
    cli.must("down", "--name", NAME)
    assert left(cli) == []


def test_a_second_up_at_the_same_time_is_refused(cli: Cli, small: Path, gone: None) -> None:
    first = cli.start("up", str(small), "--name", NAME)
    assert first.stderr is not None
    first.stderr.readline()
    second = cli.run("up", str(small), "--name", NAME)
    first.kill()
    first.communicate()
    assert second.returncode == 7
    assert f"another command is working on testbed '{NAME}'" in second.stderr
    assert f"`testbed up`, process {first.pid}" in second.stderr


def test_a_taken_port_is_named(cli: Cli, small: Path, gone: None) -> None:
    plan = json.loads(cli.must("up", str(small), "--name", NAME, "--dry-run", "--json"))
    assert plan
    from testbed.plan.identity import free_loopback

    address = free_loopback(NAME, ())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((address, 30000))
        done = cli.run("up", str(small), "--name", NAME)
    assert done.returncode == 4
    assert f"{address}:30000" in done.stderr
    assert left(cli) in ([], [str(cli.state(NAME))])


@pytest.mark.skipif(not may_mount(), reason="we may not mount a small disk")
def test_a_full_disk_is_refused_before_anything_is_made(
    cli: Cli, small: Path, gone: None, tmp_path: Path
) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32M", "tmpfs", tmp_path], check=True)
    try:
        tiny = Cli(tmp_path)
        done = tiny.run("up", str(small), "--name", NAME)
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)
    assert done.returncode == 4
    assert "does not fit this host, so nothing was created" in done.stderr
    assert "GiB of disk" in done.stderr


def test_a_testbed_survives_what_happens_to_hosts(cli: Cli, small: Path, gone: None) -> None:
    """Daemon restarted, files lost, image missing, host rebooted: one testbed lives through all."""
    cli.must("up", str(small), "--name", NAME)

    _end_libvirt()  # the machines run on without their daemon
    assert cli.json("status", "--name", NAME)[0]["wrong"] == []
    assert cli.guest(NAME, "node1", "hostname").strip() == "node1"

    image = _image_folder()
    hidden = image.with_name(f"{image.name}.hidden")
    cli.must("power", "off", "node1", "--name", NAME)
    image.rename(hidden)
    try:
        done = cli.run("power", "on", "node1", "--name", NAME)
        anew = cli.run("up", str(small), "--name", NAME)
    finally:
        hidden.rename(image)
    assert (done.returncode, anew.returncode) == (4, 7)
    assert "its disks stand on an image that is gone" in done.stderr
    assert "cannot be made anew" in anew.stderr

    _end_emulators()
    _end_libvirt()  # now it is as after a reboot: definitions and disks, and nothing that runs
    states = {m["state"] for m in cli.json("status", "--name", NAME)[0]["machines"]}
    assert states <= {"off", "crashed"}  # whether libvirt still saw an emulator die
    assert cli.json("up", str(small), "--name", NAME)["ready"] is True

    shutil.rmtree(cli.state(NAME))
    done = cli.run("exec", "node1", "--name", NAME, "--", "true")
    assert done.returncode == 7
    assert f"the keys of testbed '{NAME}' are gone" in done.stderr
    done = cli.run("down", "--name", NAME)
    assert done.returncode == 7
    assert f"testbed down --forget --name {NAME}" in done.stderr
    cli.must("down", "--forget", "--name", NAME)
    assert left(cli) == []


def test_only_what_carries_our_mark_is_touched(cli: Cli, gone: None) -> None:
    """A stranger with a name like ours survives `down --all` and `gc`."""
    import libvirt

    xml = (
        "<domain type='qemu'><name>testbed-e2e-small-node1</name><memory unit='MiB'>64</memory>"
        "<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"
    )
    with Host.open() as host:
        stranger = host._connection.defineXML(xml)
        try:
            cli.must("down", "--name", NAME)
            cli.must("gc")
            done = cli.run("up", str(Path(__file__).parent / "small.yaml"), "--name", NAME)
            assert done.returncode == 4
            assert "testbed-e2e-small-node1" in done.stderr
            assert host._connection.lookupByName("testbed-e2e-small-node1").isActive() == 0
        finally:
            stranger.undefine()
            assert isinstance(stranger, libvirt.virDomain)


def _processes(word: bytes) -> list[int]:
    """Return the processes whose command line has a word and whose user is us."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in entry.read_bytes() and entry.stat().st_uid == os.geteuid():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


def _end(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # it ended meanwhile
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)


def _end_libvirt() -> None:
    _end(_processes(b"libvirtd\0--timeout="))


def _end_emulators() -> None:
    _end(_processes(f"guest=testbed-{NAME}-".encode()))


def _image_folder() -> Path:
    from testbed.apply.folders import Folders
    from testbed.image import Store

    return Store(Folders.of_user().cache).get("base").disk.parent
