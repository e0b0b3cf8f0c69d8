"""Files in the guest."""

import shlex

from testbed.guest.command import Guest, Script, must


def write_file(
    guest: Guest, path: str, data: bytes, *, mode: int = 0o644, sudo: bool = False
) -> None:
    """Put a file in the guest, whole or not at all; an existing one is replaced."""
    there, new = shlex.quote(path), shlex.quote(f"{path}.new")
    text = f"umask 077; cat >{new}; chmod {mode:o} {new}; mv -f {new} {there}"
    must(guest, Script(text, sudo=sudo), stdin=data)
