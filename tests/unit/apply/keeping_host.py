"""A fake host whose machines have disks and snapshots, and can be defined again as they were."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from lab import FakeHost, observed

from testbed.apply.folders import Folders
from testbed.host import Definition, HostFacts, MachineState, Pool, Snapshot
from testbed.image.cache import Cache
from testbed.image.digest import digest
from testbed.image.reading import read_lineage, recipes_folder

XML = (
    "<domain type='qemu'><devices><disk><backingStore>"
    "<source file='{backing}'/></backingStore></disk></devices></domain>"
)


@dataclass
class KeepingHost(FakeHost):
    """Disks are files, as those are moved; of anything else it is remembered what was asked."""

    backing: Path = Path("/nowhere/root.qcow2")
    qemu: tuple[int, int, int] = (10, 0, 2)
    cpu: str = "x86_64 EPYC"
    defined: dict[str, Definition] = field(default_factory=dict)
    interrupted_at: tuple[str, str] | None = None

    def _do(self, verb: str, name: str) -> None:
        super()._do(verb, name)
        if self.interrupted_at == (verb, name):
            self.interrupted_at = None
            raise KeyboardInterrupt

    def facts(self) -> HostFacts:
        return replace(super().facts(), hypervisor_version=self.qemu)

    def processor(self) -> str:
        return self.cpu

    def ensure_pool(self, name: str, uuid: object, folder: Path) -> Pool:
        self._do("pool", name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return super().ensure_pool(name, uuid, folder)

    def forget_pool(self, name: str, uuid: object) -> None:
        self._do("forget pool", name)
        self.pools.discard(name)

    def create_overlay(self, pool: Pool, volume: str, size_mib: int, backing: Path) -> None:
        super().create_overlay(pool, volume, size_mib, backing)
        (pool.folder / volume).write_text("new")

    def define(self, xml: str, name: str) -> None:
        super().define(xml, name)
        self.defined[name] = Definition(name, XML.format(backing=self.backing), ())

    def read_definition(self, name: str) -> Definition:
        snapshots = tuple(snapshot.name for snapshot in self.snapshots.get(name, ()))
        return replace(self.defined[name], snapshots=snapshots)

    def define_again(self, definition: Definition) -> None:
        self._do("define again", definition.domain)
        machine = next(m for m in self.plan.machines if m.domain == definition.domain)
        self.has(observed(self.plan, machine, state=MachineState.OFF))
        self.defined[definition.domain] = definition
        self.snapshots[definition.domain] = tuple(map(taken, definition.snapshots))

    def undefine(self, name: str) -> None:
        super().undefine(name)
        self.snapshots.pop(name, None)


def taken(name: str) -> Snapshot:
    return Snapshot(name, 1, MachineState.RUNNING)


def put_image(folders: Folders, built_at: float = 1.0) -> Path:
    """Make the image 'base' as if it had been built, and return its disk."""
    identity = digest(read_lineage(recipes_folder() / "base"))
    folder = Cache(folders.cache).result("base", identity)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("root.qcow2", "kernel", "initrd"):
        (folder / name).write_text(name)
    (folder / "image.json").write_text(
        f'{{"name": "base", "digest": "{identity}", "kind": "debian", "cmdline": "", '
        f'"size_mib": 64, "built_at": {built_at}, "seconds": {{}}, "packages": 1}}'
    )
    return folder / "root.qcow2"
