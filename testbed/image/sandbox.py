"""A root of one's own: commands that keep owners and may mount, for root and ordinary users."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import HostError, ImageError
from testbed.run import Completed, must, run

# The kernel ends what we started when we are killed; nothing may write on into a dead build.
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")
_NAMESPACES = ("--mount", "--pid", "--fork", "--kill-child")
_AS_ROOT_INSIDE = ("--user", "--map-root-user", "--map-auto")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How to become root in a place where only the build's own files can be touched."""

    namespaces: tuple[str, ...]  # options of unshare(1); empty: the container lets us mount nothing

    def argv(self, *command: str, network: bool = False) -> tuple[str, ...]:
        """Return the command wrapped so that it runs as root and dies with this process."""
        if not self.namespaces:
            return (*_DIES_WITH_US, *command)
        net = () if network else ("--net",)
        return (*_DIES_WITH_US, "unshare", *self.namespaces, *net, "--", *command)

    def remove(self, folder: Path) -> None:
        """Delete a folder whose files may belong to subordinate ids."""
        must(self.argv("rm", "-rf", "--", str(folder)), timeout=600)


def find_sandbox(scratch: Path) -> Sandbox:
    """Return the sandbox this user can have; `scratch` is an empty folder to try mounting on.

    Raises `ImageError` where an ordinary user may not make user namespaces.
    """
    if os.geteuid() == 0:
        inside = Sandbox(_NAMESPACES)
        return inside if _works(inside, scratch).ok else Sandbox(())
    inside = _of_users()
    tried = _works(inside, scratch)
    if not tried.ok:
        raise ImageError(
            "images cannot be built by this user: there is no user namespace with its own ids",
            why=tried.last_line,
            next_step="see what is missing, and how to mend it: testbed doctor",
        )
    return inside


def trouble_in_namespace() -> str:
    """Return what keeps an ordinary user from building in a user namespace; empty: nothing."""
    try:
        with tempfile.TemporaryDirectory(prefix="testbed-") as scratch:
            tried = _works(_of_users(), Path(scratch))
    except HostError as error:
        return error.what
    return "" if tried.ok else tried.last_line


def _of_users() -> Sandbox:
    return Sandbox((*_AS_ROOT_INSIDE, *_NAMESPACES))


def _works(sandbox: Sandbox, scratch: Path) -> Completed:
    probe = 'mount -t tmpfs testbed "$0" && touch "$0/file" && chown 33:33 "$0/file"'
    return run(sandbox.argv("sh", "-c", probe, str(scratch)))
