"""Storage: one pool per testbed, and the volumes in it."""

import uuid as uuids
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import libvirt

from testbed.errors import HostError
from testbed.host import volumes
from testbed.host.models import Pool, Volume
from testbed.host.session import Session

T = TypeVar("T")

_CHUNK = 256 * 1024  # bytes per message; libvirt's own limit is a little below 4 MiB


class Storage(Session):
    """Pools are ours by their UUID; a pool of the same name and another UUID is refused."""

    def find_pool(self, name: str, uuid: uuids.UUID) -> Pool | None:
        """Return the pool, or None where there is none of that UUID.

        Raises `HostError` where the name belongs to somebody else's pool.
        """

        def look(connection: Any) -> Pool | None:
            pool = _find_pool(connection, name, uuid)
            return None if pool is None else volumes.read_pool(pool)

        return self._ask(f"look for pool '{name}'", look)

    def ensure_pool(self, name: str, uuid: uuids.UUID, folder: Path) -> Pool:
        """Return the pool, defined and started; its folder is made for this user alone."""
        xml = volumes.pool_xml(name, uuid, folder)

        def ensure(connection: Any) -> Pool:
            pool = _find_pool(connection, name, uuid) or connection.storagePoolDefineXML(xml)
            try:
                _open(pool)
            except libvirt.libvirtError:
                pool.undefine()  # or the name would stay taken by a pool nobody can open
                raise
            if not pool.autostart():
                pool.setAutostart(True)
            return volumes.read_pool(pool)

        found = self._ask(f"make pool '{name}' in '{folder}'", ensure)
        if found.folder != folder:
            raise HostError(
                f"pool '{name}' is in '{found.folder}', not in '{folder}'",
                next_step="set XDG_DATA_HOME to what it was when the testbed was made",
            )
        return found

    def delete_pool(self, name: str, uuid: uuids.UUID) -> None:
        """Delete the pool with every volume in it and its folder; nothing where it is gone."""

        def delete(connection: Any) -> None:
            pool = _find_pool(connection, name, uuid)
            if pool is None:
                return
            _open(pool, anew=True)
            for volume in pool.listAllVolumes():
                volume.delete()
            pool.destroy()
            pool.delete()
            pool.undefine()

        self._ask(f"delete pool '{name}'", delete)

    def forget_pool(self, name: str, uuid: uuids.UUID) -> None:
        """Forget the pool; its folder and all volumes stay as files nobody manages."""

        def forget(connection: Any) -> None:
            pool = _find_pool(connection, name, uuid)
            if pool is None:
                return
            if pool.isActive():
                pool.destroy()
            pool.undefine()

        self._ask(f"forget pool '{name}'", forget)

    def list_volumes(self, pool: Pool) -> tuple[Volume, ...]:
        """Return what is in the pool now, in order of name."""

        def look(found: Any) -> list[Volume]:
            found.refresh()
            return [volumes.read_volume(volume) for volume in found.listAllVolumes()]

        listed = self._in(pool, f"list the volumes of pool '{pool.name}'", look)
        return tuple(sorted(listed, key=lambda volume: volume.name))

    def create_overlay(self, pool: Pool, volume: str, size_mib: int, backing: Path) -> Volume:
        """Return a new qcow2 volume that reads from `backing`, a qcow2, what it does not hold."""
        return self._create(pool, volume, volumes.qcow2_xml(volume, size_mib, backing))

    def create_disk(self, pool: Pool, volume: str, size_mib: int) -> Volume:
        """Return a new empty qcow2 volume, which takes room as it is written."""
        return self._create(pool, volume, volumes.qcow2_xml(volume, size_mib))

    def upload(self, pool: Pool, volume: str, data: bytes) -> Volume:
        """Return a raw volume that holds `data`; one of that name is replaced."""

        def upload(found: Any) -> Volume:
            there = _find_volume(found, volume)
            if there is not None:
                there.delete()
            made = found.createXML(volumes.raw_xml(volume, len(data)))
            _send(found.connect().newStream(), made, data)
            return volumes.read_volume(made)

        return self._in(pool, f"write volume '{volume}'", upload)

    def delete_volume(self, pool: Pool, volume: str) -> None:
        """Delete a volume; one that is not there is left alone."""

        def delete(found: Any) -> None:
            there = _find_volume(found, volume)
            if there is not None:
                there.delete()

        self._in(pool, f"delete volume '{volume}'", delete)

    def _create(self, pool: Pool, volume: str, xml: str) -> Volume:
        def create(found: Any) -> Volume:
            return volumes.read_volume(found.createXML(xml))

        return self._in(pool, f"make volume '{volume}'", create)

    def _in(self, pool: Pool, doing: str, act: Callable[[Any], T]) -> T:
        """Let `act` work on a pool of ours, started first where the daemon forgot it."""

        def question(connection: Any) -> T:
            found = connection.storagePoolLookupByUUIDString(str(pool.uuid))
            _open(found)
            return act(found)

        return self._ask(doing, question)


def _find_pool(connection: Any, name: str, uuid: uuids.UUID) -> Any:
    absent = libvirt.VIR_ERR_NO_STORAGE_POOL
    found = _or_none(absent, lambda: connection.storagePoolLookupByUUIDString(str(uuid)))
    if found is None and _or_none(absent, lambda: connection.storagePoolLookupByName(name)):
        raise HostError(
            f"pool '{name}' was not made by testbed, so it is left alone",
            next_step="choose another name: testbed up TOPOLOGY --name NAME",
        )
    return found


def _find_volume(pool: Any, volume: str) -> Any:
    """Find a volume; the pool's list is read again before a volume counts as missing."""
    absent = libvirt.VIR_ERR_NO_STORAGE_VOL
    found = _or_none(absent, lambda: pool.storageVolLookupByName(volume))
    if found is None:
        pool.refresh()
        found = _or_none(absent, lambda: pool.storageVolLookupByName(volume))
    return found


def _or_none(absent: int, look: Callable[[], Any]) -> Any:
    try:
        return look()
    except libvirt.libvirtError as error:
        if error.get_error_code() == absent:
            return None
        raise


def _open(pool: Any, *, anew: bool = False) -> None:
    """Start a pool, in a new folder where it has none; `anew` reads the folder's files again."""
    if pool.isActive():
        if not anew:
            return
        pool.destroy()
    pool.build()
    pool.create()


def _send(stream: Any, volume: Any, data: bytes) -> None:
    try:
        volume.upload(stream, 0, len(data))
        sent = 0
        while sent < len(data):
            sent += stream.send(data[sent : sent + _CHUNK])
        stream.finish()
    except libvirt.libvirtError:
        with suppress(libvirt.libvirtError):  # the first error is the one to tell
            stream.abort()
        raise
