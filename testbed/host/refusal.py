"""libvirt's refusals in our words, with what to do about them."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import libvirt

from testbed.errors import HostError

_NO_KVM = "see what else uses KVM, and try again: testbed doctor --again"
_IMAGE_GONE = (
    "its disks stand on an image that is gone: testbed down --forget --name NAME, "
    "then: testbed up TOPOLOGY --name NAME"
)
_BY_TEXT = (
    (
        "Could not set up host forwarding rule",
        "another program holds the machine's SSH port; find it with: ss -ltnp, "
        "or use another name: testbed up TOPOLOGY --name NAME",
    ),
    (
        "Cannot allocate memory",
        "stop another testbed or choose a smaller topology; see: testbed status",
    ),
    ("No space left on device", "free disk space, for example with: testbed image prune"),
    ("failed to initialize kvm", _NO_KVM),
    ("Could not access KVM", _NO_KVM),
    ("root.qcow2': No such file", _IMAGE_GONE),
    ("could not open kernel file", _IMAGE_GONE),
    ("could not load initrd", _IMAGE_GONE),
    ("does not support virt type 'kvm'", "run: testbed doctor"),
)
_BY_ERRNO = {
    errno.ENOSPC: "free disk space, for example with: testbed image prune",
    errno.EDQUOT: "free disk space, for example with: testbed image prune",
    errno.ENOENT: "build what is missing with: testbed up",
    errno.EACCES: "run: testbed doctor",
}
_BY_CODE = {
    libvirt.VIR_ERR_NO_DOMAIN: "run: testbed status",
    libvirt.VIR_ERR_NO_STORAGE_POOL: "run: testbed up",
    libvirt.VIR_ERR_NO_STORAGE_VOL: "run: testbed up",
    libvirt.VIR_ERR_STORAGE_VOL_EXIST: "run: testbed down, then: testbed up",
    libvirt.VIR_ERR_NO_DOMAIN_SNAPSHOT: "list them with: testbed checkpoint list",
    libvirt.VIR_ERR_OPERATION_INVALID: "see what state it is in with: testbed status",
    libvirt.VIR_ERR_OPERATION_TIMEOUT: "another command works on it; try again when it ends",
    libvirt.VIR_ERR_AGENT_UNRESPONSIVE: "look at its console with: testbed console MACHINE",
    libvirt.VIR_ERR_AGENT_COMMAND_TIMEOUT: "look at its console with: testbed console MACHINE",
}
_DEFAULT = "run: testbed doctor"
_LOST = (libvirt.VIR_ERR_SYSTEM_ERROR, libvirt.VIR_ERR_INTERNAL_ERROR, libvirt.VIR_ERR_RPC)


def advice(error: libvirt.libvirtError) -> str:
    """Return what a user can do about the error: by its text, its errno, then its code."""
    for text, step in _BY_TEXT:
        if text in str(error):
            return step
    if connection_lost(error):
        return _DEFAULT
    code = error.get_error_code()
    if code == libvirt.VIR_ERR_SYSTEM_ERROR:
        return _BY_ERRNO.get(error.get_int1(), _DEFAULT)
    return _BY_CODE.get(code, _DEFAULT)


def connection_lost(error: libvirt.libvirtError) -> bool:
    """Return whether the daemon went away, so that the same question may be asked again."""
    return (
        error.get_error_domain() in (libvirt.VIR_FROM_RPC, libvirt.VIR_FROM_REMOTE)
        and error.get_error_code() in _LOST
    ) or error.get_error_code() == libvirt.VIR_ERR_INVALID_CONN


@contextmanager
def explaining(doing: str) -> Iterator[None]:
    """Turn a libvirt error raised inside the block into a HostError about `doing`."""
    try:
        yield
    except libvirt.libvirtError as error:
        why = str(error).strip()
        raise HostError(f"cannot {doing}", why=why, next_step=advice(error)) from error
