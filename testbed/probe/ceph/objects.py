"""Writing to Ceph and reading back: the only proof that it stores."""

from testbed.probe.ceph.ask import Ask
from testbed.probe.verdict import Verdict


def round_trip(
    ask: Ask, pool: str, *, seed: str, size: int = 65536, timeout: float = 20.0
) -> Verdict:
    """Write an object of `size` bytes through a machine, read it back, compare and delete it.

    `timeout` is for each of the three, in seconds.
    """
    probe, name = f"write and read back in {pool}", f"testbed-probe-{ask.machine}"
    written = ask.write(pool, name, seed=seed, size=size, timeout=timeout)
    if not written.ok:
        return Verdict(probe, ask.machine, False, f"not written: {written.text}")
    found = ask.read(pool, name, timeout=timeout)
    if not found.ok:
        return Verdict(probe, ask.machine, False, f"not read: {found.text}")
    ask.delete(pool, name, timeout=timeout)
    same = found.out == written.out
    seen = f"{size} bytes, SHA-256 {found.out[:12]}"
    return Verdict(probe, ask.machine, same, seen if same else f"{seen}, not {written.out[:12]}")
