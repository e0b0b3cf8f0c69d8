"""Checks of what this user may do: subordinate ids, user namespaces."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path

from testbed.doctor.finding import Finding, fail, ok
from testbed.doctor.programs import ID_MAPPERS, INSTALL, lacking

LEAST_IDS = 65536
_RESTRICTION = "kernel.apparmor_restrict_unprivileged_userns"
_PERMISSIONS = {"kernel.unprivileged_userns_clone": 1, "user.max_user_namespaces": 10_000}
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


def namespaces(
    uid: int, trouble_in_one: Callable[[], str], sysctls: Path = Path("/proc/sys")
) -> Finding:
    """Prove that files can be given to other owners in a user namespace; root needs none.

    `trouble_in_one` tries, and returns what went wrong, if anything did.
    """
    if uid == 0:
        return ok("namespaces", "not needed by root")
    trouble = trouble_in_one()
    if not trouble:
        return ok("namespaces", "mounts and owners can be set in one")
    if absent := lacking(ID_MAPPERS):
        return fail("namespaces", absent, mend=INSTALL, cost=_COST)
    restriction = _key(sysctls, _RESTRICTION)
    if restriction.is_file() and restriction.read_text(encoding="utf-8").strip() == "1":
        seen = f"AppArmor restricts them: {trouble}"
        mend = f"sudo sysctl -w {_RESTRICTION}=0  # while images are built; until the next reboot"
        return fail("namespaces", seen, mend=mend, cost=_COST)
    return fail("namespaces", trouble, mend=_permitting(sysctls), cost=_COST)


def _permitting(sysctls: Path) -> str:
    """Return what lets users have namespaces, by the keys that this kernel has."""
    there = [f"{k}={v}" for k, v in _PERMISSIONS.items() if _key(sysctls, k).is_file()]
    if not there:
        return "uname -r  # this kernel was built without user namespaces; boot one that has them"
    return f"sudo sysctl -w {' '.join(there)}"


def _key(sysctls: Path, name: str) -> Path:
    return sysctls / name.replace(".", "/")


def me() -> tuple[str, int]:
    """Return this user's name and id; an id without a name is its own name."""
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid).pw_name, uid
    except KeyError:
        return str(uid), uid


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
