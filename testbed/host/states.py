"""libvirt's states and reasons in our words."""

import libvirt

from testbed.host.models import MachineState

_STATES = {
    libvirt.VIR_DOMAIN_RUNNING: MachineState.RUNNING,
    libvirt.VIR_DOMAIN_BLOCKED: MachineState.RUNNING,
    libvirt.VIR_DOMAIN_SHUTDOWN: MachineState.RUNNING,  # it is on its way down, but not there
    libvirt.VIR_DOMAIN_PAUSED: MachineState.PAUSED,
    libvirt.VIR_DOMAIN_PMSUSPENDED: MachineState.PAUSED,
    libvirt.VIR_DOMAIN_SHUTOFF: MachineState.OFF,
    libvirt.VIR_DOMAIN_NOSTATE: MachineState.OFF,
    libvirt.VIR_DOMAIN_CRASHED: MachineState.CRASHED,
}
_CRASHED = {
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_CRASHED),
    (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED),
}
DISK_FAILED = "a disk failed; the host's disk may be full"
_REASONS = {
    libvirt.VIR_DOMAIN_PAUSED: {
        libvirt.VIR_DOMAIN_PAUSED_USER: "paused on request",
        libvirt.VIR_DOMAIN_PAUSED_SAVE: "being saved",
        libvirt.VIR_DOMAIN_PAUSED_DUMP: "being dumped",
        libvirt.VIR_DOMAIN_PAUSED_IOERROR: DISK_FAILED,
        libvirt.VIR_DOMAIN_PAUSED_WATCHDOG: "its watchdog fired",
        libvirt.VIR_DOMAIN_PAUSED_FROM_SNAPSHOT: "restored from a checkpoint",
        libvirt.VIR_DOMAIN_PAUSED_SNAPSHOT: "a checkpoint is being taken",
        libvirt.VIR_DOMAIN_PAUSED_CRASHED: "the guest's kernel panicked",
        libvirt.VIR_DOMAIN_PAUSED_STARTING_UP: "starting",
    },
    libvirt.VIR_DOMAIN_SHUTDOWN: {
        libvirt.VIR_DOMAIN_SHUTDOWN_UNKNOWN: "shutting down",
        libvirt.VIR_DOMAIN_SHUTDOWN_USER: "shutting down",
    },
    libvirt.VIR_DOMAIN_SHUTOFF: {
        libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN: "it shut itself down",
        libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED: "its power was cut",
        libvirt.VIR_DOMAIN_SHUTOFF_CRASHED: "the emulator died",
        libvirt.VIR_DOMAIN_SHUTOFF_SAVED: "saved to disk",
        libvirt.VIR_DOMAIN_SHUTOFF_FAILED: "it could not start",
        libvirt.VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT: "restored from a checkpoint",
        libvirt.VIR_DOMAIN_SHUTOFF_DAEMON: "libvirt stopped it",
    },
    libvirt.VIR_DOMAIN_CRASHED: {
        libvirt.VIR_DOMAIN_CRASHED_PANICKED: "the guest's kernel panicked",
    },
}
_SNAPSHOT_STATES = {
    "running": MachineState.RUNNING,
    "paused": MachineState.PAUSED,
    "crashed": MachineState.CRASHED,
}


def machine_state(state: int, reason: int) -> tuple[MachineState, str]:
    """Return the state in our words, and why, as far as libvirt says."""
    why = _REASONS.get(state, {}).get(reason, "")
    if (state, reason) in _CRASHED:
        return MachineState.CRASHED, why
    return _STATES.get(state, MachineState.OFF), why


def snapshot_state(text: str) -> MachineState:
    """Return the state a snapshot was taken in, from the word in its XML."""
    return _SNAPSHOT_STATES.get(text, MachineState.OFF)
