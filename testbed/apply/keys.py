"""A testbed's own keys: one for its user, one host key per machine, made once and kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from testbed.apply.folders import Folders, make_private, write_private
from testbed.errors import StateError
from testbed.plan.models import Plan


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An ed25519 key: its private half in OpenSSH's format, its public half as one line."""

    private: str
    public: str


@dataclass(frozen=True, slots=True)
class Keys:
    """The user's key and every machine's host key."""

    user_file: Path
    user: KeyPair
    hosts: Mapping[str, KeyPair]


def _read(path: Path) -> KeyPair | None:
    public = path.with_name(f"{path.name}.pub")
    if not (path.exists() and public.exists()):
        return None
    return KeyPair(path.read_text(encoding="utf-8"), public.read_text(encoding="utf-8").strip())


def _read_or_make(path: Path) -> KeyPair:
    found = _read(path)
    if found:
        return found
    from testbed.guest import new_keypair

    pair = KeyPair(*new_keypair())
    write_private(path, pair.private)
    write_private(path.with_name(f"{path.name}.pub"), f"{pair.public}\n")
    return pair


def make(folders: Folders, plan: Plan) -> Keys:
    """Return the testbed's keys, making those that are missing."""
    folder = folders.of_testbed(plan.name) / "keys"
    make_private(folder)
    return Keys(
        user_file=folder / "user",
        user=_read_or_make(folder / "user"),
        hosts={machine.name: _read_or_make(folder / machine.name) for machine in plan.machines},
    )


def read(folders: Folders, plan: Plan) -> Keys:
    """Return the keys of an existing testbed.

    Raises `StateError` where they are gone: machines accept no others.
    """
    folder = folders.records(plan.name) / "keys"
    names = [machine.name for machine in plan.machines]
    pairs = {name: _read(folder / name) for name in ("user", *names)}
    found = {name: pair for name, pair in pairs.items() if pair is not None}
    if missing := sorted(pairs.keys() - found.keys()):
        raise StateError(
            f"the keys of testbed '{plan.name}' are gone",
            why=f"no key for {', '.join(missing)} in {folder}",
            next_step="set XDG_STATE_HOME as it was when it was raised; where they are lost, "
            f"nobody gets in any more: testbed down --forget --name {plan.name}, then: "
            f"testbed up TOPOLOGY --name {plan.name}",
        )
    return Keys(folder / "user", found["user"], {name: found[name] for name in names})
