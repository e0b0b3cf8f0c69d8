"""Where the session daemon is found, and how root gets one.

libvirt gives root the system daemon and never a session of its own. So for root the same daemon
is started inside a user namespace, where root is an ordinary user: it and its machines have no
privileges on the host, and their files stay root's own.
"""

import os
from pathlib import Path
from urllib.parse import quote

import platformdirs

from testbed.errors import HostError
from testbed.run import run

SESSION = "qemu:///session"
_NOBODY_SPECIAL = "1"  # 'daemon' on every Debian; libvirtd wants a name for the id it runs as
_IDLE = 120  # seconds without a client or a machine after which the daemon ends


def needs_own_daemon(uri: str) -> bool:
    """Return whether libvirt would give us the system daemon where we asked for a session."""
    return uri == SESSION and os.geteuid() == 0


def socket_path() -> Path:
    """Return where a session daemon of ours listens."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime) if runtime else platformdirs.user_cache_path()
    return folder / "libvirt" / "libvirt-sock"


def session_uri() -> str:
    """Return the URI that names the socket, so that the client does not look at who we are."""
    return f"qemu+unix:///session?socket={quote(str(socket_path()))}"


def start() -> None:
    """Start a session daemon for root; harmless where one runs.

    Raises `HostError` where the kernel or a container forbids user namespaces.
    """
    namespace = (
        "unshare",
        "--user",
        f"--map-user={_NOBODY_SPECIAL}",
        f"--map-group={_NOBODY_SPECIAL}",
    )
    done = run((*namespace, "libvirtd", f"--timeout={_IDLE}", "--daemon"), timeout=30)
    if not done.ok and not socket_path().exists():
        raise HostError(
            "cannot start a libvirt session for root",
            why=done.last_line,
            next_step="run testbed as an ordinary user, or see: testbed doctor",
        )
