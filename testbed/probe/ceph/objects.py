"""Writing to Ceph and reading back: the only proof that it stores."""

import secrets

from testbed.probe.ceph.ask import Ask
from testbed.probe.verdict import Verdict

_PATIENCE = 5.0  # seconds to delete what was probably never written


def round_trip(
    ask: Ask, pool: str, *, seed: str, size: int = 65536, timeout: float = 20.0
) -> Verdict:
    """Write an object of `size` bytes through a machine, read it back, compare and delete it.

    Whoever looks at the same time has an object of their own. `timeout` is for each of the three,
    in seconds.
    """
    probe = f"write and read back in {pool}"
    name = f"testbed-probe-{ask.machine}-{secrets.token_hex(4)}"
    written = ask.write(pool, name, seed=seed, size=size, timeout=timeout)
    if not written.ok:  # one that came too late may be written yet
        ask.delete(pool, name, timeout=min(timeout, _PATIENCE))
        return Verdict(probe, ask.machine, False, f"not written: {written.text}")
    found = ask.read(pool, name, timeout=timeout)
    ask.delete(pool, name, timeout=timeout)
    if not found.ok:
        return Verdict(probe, ask.machine, False, f"not read: {found.text}")
    same = found.out == written.out
    seen = f"{size} bytes, SHA-256 {found.out[:12]}"
    return Verdict(probe, ask.machine, same, seen if same else f"{seen}, not {written.out[:12]}")
