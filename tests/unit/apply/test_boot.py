"""What a machine tells on its console, and what that is worth."""

from pathlib import Path

import pytest
from lab import BOOTS, FakeGuest, FakeHost, observed

from testbed.apply import boot
from testbed.errors import GuestError
from testbed.guest import Result
from testbed.host import MachineState


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "console.log"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        (BOOTS, {"booted": "", "ssh": "", "cloud-init": "done"}),
        ("testbed-stage: booted\n", {"booted": ""}),
        ("[    1.2] testbed-stage: booted\r\n", {"booted": ""}),
        ("\x1b[0;32mtestbed-stage: ssh\x1b[0m\r\n", {"ssh": ""}),
        ("\x1b[2K\rtestbed-stage: cloud-init \x1b[1mdone\x1b[0m\r\n", {"cloud-init": "done"}),
        ("\x1bctestbed-stage: booted\r\n", {"booted": ""}),
        ("testbed-stage: ssh[   12.3] virtio_net: link up\r\n", {"ssh": ""}),
        ("testbed-stage: cloud-init error\r\n", {"cloud-init": "error"}),
        ("testbed-stage: \r\n", {}),
        ("testbed-stage:\r\n", {}),
    ],
)
def test_marks_are_found_among_what_a_console_prints(log, text, expected):
    log.write_bytes(text.encode())
    assert boot.console_marks(log) == expected


@pytest.mark.parametrize("end", range(len("testbed-stage: cloud-init error")))
def test_a_line_still_being_written_proves_nothing(log, end):
    log.write_text("testbed-stage: ssh\r\n" + "testbed-stage: cloud-init error"[:end])
    assert boot.console_marks(log) == {"ssh": ""}


def test_the_last_word_on_a_stage_counts(log):
    log.write_text("testbed-stage: cloud-init error\ntestbed-stage: cloud-init done\n")
    assert boot.console_marks(log) == {"cloud-init": "done"}


def test_a_console_that_is_not_there_yet_tells_nothing(log):
    assert boot.console_marks(log) == {}


def test_a_console_full_of_noise_tells_nothing(log):
    log.write_bytes(bytes(range(256)) * 4)
    assert boot.console_marks(log) == {}


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (MachineState.OFF, "its domain is off"),
        (MachineState.CRASHED, "its domain is crashed"),
        (None, "its domain is gone"),
    ],
)
def test_waiting_ends_at_once_where_the_machine_dies(host: FakeHost, log: Path, state, why):
    node1 = host.plan.machine("node1")
    if state is not None:
        host.has(observed(host.plan, node1, state=state))
    log.write_text("testbed-stage: booted\n")
    with pytest.raises(GuestError) as caught:
        boot.wait_for_mark(host, node1, log, boot.SSH)
    assert list(caught.value.lines()) == [
        "error: node1 stopped while it was booting",
        f"  why: {why}",
        " next: run: testbed logs collect, then: testbed up",
    ]


def test_waiting_ends_at_once_where_cloud_init_fails(host: FakeHost, log: Path):
    host.has_all()
    log.write_text("testbed-stage: cloud-init error\n")
    with pytest.raises(GuestError, match="node1: cloud-init failed"):
        boot.wait_for_mark(host, host.plan.machine("node1"), log, boot.CLOUD_INIT)


def test_waiting_for_ssh_ends_at_once_where_the_machine_dies(host: FakeHost):
    node1 = host.plan.machine("node1")
    guest = FakeGuest(host.plan, node1)
    with pytest.raises(GuestError, match="stopped while it was booting"):
        boot.wait_for_ssh(host, node1, guest)
    assert guest.heard == []


@pytest.mark.parametrize("status", ["done", "degraded done", "disabled"])
def test_cloud_init_that_ended_is_enough(host: FakeHost, status: str):
    told = Result(0, f"status: {status}\n", "", 1.0)
    guest = FakeGuest(host.plan, host.plan.machine("node1"), lambda text: told)
    boot.wait_for_cloud_init(guest.machine, guest)


def test_cloud_init_that_failed_is_told_from_its_words(host: FakeHost):
    told = Result(0, "status: error\n", "", 1.0)
    guest = FakeGuest(host.plan, host.plan.machine("node1"), lambda text: told)
    with pytest.raises(GuestError, match="cloud-init failed"):
        boot.wait_for_cloud_init(guest.machine, guest)


def test_the_exit_status_of_cloud_init_does_not_hide_its_words(host: FakeHost):
    """`cloud-init status` exits with 1 on errors, and the shell stops at the first failure."""
    guest = FakeGuest(host.plan, host.plan.machine("node1"))
    boot.wait_for_cloud_init(guest.machine, guest)
    first, second = guest.heard[0].split(";")
    assert first.rstrip().endswith("|| true")
    assert second.rstrip().endswith("|| true")


def test_what_a_console_showed_last_is_told_without_its_control_characters(log):
    log.write_bytes(b"[    2.0] fine\r\n\x1b[31mKernel panic\x1b[0m\x07 - not syncing\r\n\r\n")
    assert boot._last_line(log) == "on its console: Kernel panic - not syncing"
