import libvirt
import pytest

from testbed.host.models import MachineState
from testbed.host.states import machine_state


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_BOOTED, MachineState.RUNNING),
        (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER, MachineState.PAUSED),
        (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_CRASHED, MachineState.CRASHED),
        (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED, MachineState.OFF),
        (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED, MachineState.CRASHED),
        (libvirt.VIR_DOMAIN_CRASHED, libvirt.VIR_DOMAIN_CRASHED_PANICKED, MachineState.CRASHED),
        (libvirt.VIR_DOMAIN_SHUTDOWN, libvirt.VIR_DOMAIN_SHUTDOWN_USER, MachineState.RUNNING),
    ],
)
def test_every_state_has_our_word(state: int, reason: int, expected: MachineState) -> None:
    assert machine_state(state, reason)[0] is expected


def test_a_machine_stopped_by_its_disk_says_so() -> None:
    paused = libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_IOERROR
    assert machine_state(*paused) == (
        MachineState.PAUSED,
        "a disk failed; the host's disk may be full",
    )


def test_a_reason_we_do_not_know_is_left_out() -> None:
    assert machine_state(libvirt.VIR_DOMAIN_PAUSED, 999) == (MachineState.PAUSED, "")
