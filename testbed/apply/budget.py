"""Does the whole testbed fit the host? Decided before anything is created."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import HostError
from testbed.host import HostFacts
from testbed.image.records import size_on_disk
from testbed.plan.models import Machine

# Measured: a running machine's QEMU uses its guest's memory and this much more, and an emulator
# its translated code beside that.
_OVERHEAD_MIB = {"kvm": 60, "qemu": 24}
ROOT_GROWTH_MIB = 700  # what a root overlay grows by in its first days


@dataclass(frozen=True, slots=True)
class Budget:
    """Memory and disk in MiB, and the most vCPUs one machine has."""

    memory_mib: int
    disk_mib: int
    vcpus: int

    def fits(self, have: "Budget") -> bool:
        """Return whether all of it is there."""
        return (
            self.memory_mib <= have.memory_mib
            and self.disk_mib <= have.disk_mib
            and self.vcpus <= have.vcpus
        )

    def __str__(self) -> str:
        return (
            f"{self.memory_mib / 1024:.1f} GiB of memory, {self.disk_mib / 1024:.1f} GiB of disk "
            f"and {self.vcpus} CPU{'' if self.vcpus == 1 else 's'}"
        )


def needs(machines: Iterable[Machine], accel: str) -> Budget:
    """Return what machines that do not run yet will take."""
    machines = tuple(machines)
    return Budget(
        memory_mib=sum(m.memory_mib + _overhead(m, accel) for m in machines),
        disk_mib=sum(size for m in machines for _, size in _volumes(m)),
        vcpus=max((m.vcpus for m in machines), default=0),
    )


def taken(folder: Path, machines: Iterable[Machine]) -> int:
    """Return the MiB of what `needs` asks for that disks which exist already take in a folder.

    A disk with checkpoints in it may take more: that is not room for what is still to come.
    """
    return sum(
        min(size, size_on_disk(folder / volume) // 2**20)
        for machine in machines
        for volume, size in _volumes(machine)
    )


def _volumes(machine: Machine) -> Iterator[tuple[str, int]]:
    """Yield each volume of a machine that grows, and the MiB it may take."""
    yield machine.root, ROOT_GROWTH_MIB
    yield from ((disk.volume, disk.size_mib) for disk in machine.disks)


def _overhead(machine: Machine, accel: str) -> int:
    return _OVERHEAD_MIB[accel] + (machine.translation_mib if accel == "qemu" else 0)


def must_fit(
    name: str, need: Budget, have: Budget, smaller: Callable[[], Iterable[tuple[str, Budget]]]
) -> None:
    """Raise `HostError` with need, have and what would fit, unless the host has room.

    `smaller` gives other topologies by name with what they need; it is asked only on refusal. Of
    those that need more of anything none is proposed.
    """
    if need.fits(have):
        return
    fitting = sorted(
        (each for each in smaller() if each[1].fits(have) and each[1].fits(need)),
        key=lambda each: each[1].memory_mib,
        reverse=True,
    )
    next_step = (
        f"run the smaller one, which needs {fitting[0][1]}: testbed up {fitting[0][0]}"
        if fitting
        else "free some, or stop another testbed: testbed status"
    )
    raise HostError(
        f"testbed '{name}' does not fit this host, so nothing was created",
        why=f"it needs {need}; the host has {have} free",
        next_step=next_step,
    )


def free(facts: HostFacts, folder: Path) -> Budget:
    """Return what the host has free; `folder` need not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return Budget(
        memory_mib=facts.memory_free_mib,
        disk_mib=shutil.disk_usage(folder).free // 2**20,
        vcpus=facts.cpus,
    )
