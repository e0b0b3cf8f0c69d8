"""Checks of what this user may do: subordinate ids, user namespaces."""

import os
import pwd
import tempfile
from pathlib import Path

from testbed.doctor.finding import Finding, fail, ok
from testbed.errors import HostError
from testbed.run import run

LEAST_IDS = 65536
_RESTRICTION = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_UNSHARE = ("unshare", "--user", "--map-root-user", "--map-auto", "--mount", "--")
_COST = "images could not be built by this user"


def subordinate_ids(user: str, uid: int, etc: Path = Path("/etc")) -> Finding:
    """Check that the user has subordinate user and group ids; root needs none."""
    if uid == 0:
        return ok("subordinate ids", "not needed by root")
    for name, option in (("subuid", "--add-subuids"), ("subgid", "--add-subgids")):
        have = _largest_range(etc / name, {user, str(uid)})
        if have < LEAST_IDS:
            start = _next_free(etc / name)
            mend = f"sudo usermod {option} {start}-{start + LEAST_IDS - 1} {user}"
            seen = f"{have or 'none'} for '{user}' in {etc / name}, {LEAST_IDS} needed"
            return fail("subordinate ids", seen, mend=mend, cost=_COST)
    return ok("subordinate ids", f"'{user}' has them")


def namespaces(uid: int, restriction: Path = _RESTRICTION) -> Finding:
    """Prove that files can be given to other owners in a user namespace; root needs none."""
    if uid == 0:
        return ok("namespaces", "not needed by root")
    trouble = _chown_inside()
    if not trouble:
        return ok("namespaces", "mounts and owners can be set in one")
    if restriction.is_file() and restriction.read_text(encoding="utf-8").strip() == "1":
        seen = f"AppArmor restricts them: {trouble}"
        mend = (
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
            "  # while images are built; until the next reboot"
        )
        return fail("namespaces", seen, mend=mend, cost=_COST)
    mend = "sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
    return fail("namespaces", trouble, mend=mend, cost=_COST)


def me() -> tuple[str, int]:
    """Return this user's name and id; an id without a name is its own name."""
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid).pw_name, uid
    except KeyError:
        return str(uid), uid


def _chown_inside() -> str:
    """Return what keeps files from being given away in a namespace; empty where nothing does."""
    probe = 'mount -t tmpfs testbed "$0" && touch "$0/file" && chown 33:33 "$0/file"'
    try:
        with tempfile.TemporaryDirectory(prefix="testbed-") as scratch:
            done = run([*_UNSHARE, "sh", "-c", probe, scratch], timeout=5)
    except HostError as error:
        return error.what
    return "" if done.ok else done.last_line


def _entries(path: Path) -> list[tuple[str, int, int]]:
    try:
        lines = [line.split(":") for line in path.read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        return []
    return [(line[0], int(line[1]), int(line[2])) for line in lines if len(line) == 3]


def _largest_range(path: Path, names: set[str]) -> int:
    return max((count for name, _, count in _entries(path) if name in names), default=0)


def _next_free(path: Path) -> int:
    return max((start + count for _, start, count in _entries(path)), default=100_000)
