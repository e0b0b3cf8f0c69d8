"""Snapshots of one machine: all its disks, and its memory where it is not off."""

import xml.etree.ElementTree as ET
from typing import Any

import libvirt

from testbed.host.machines import Machines
from testbed.host.models import MachineState, Snapshot
from testbed.host.states import snapshot_state


class Snapshots(Machines):
    """Internal snapshots: they live in the machine's own qcow2 disks."""

    def list_snapshots(self, name: str) -> tuple[Snapshot, ...]:
        """Return a machine's snapshots, oldest first; none where there is no such machine."""

        def look(domain: Any) -> list[Snapshot]:
            return [_read(snapshot) for snapshot in domain.listAllSnapshots()]

        found = self._on(name, "list the snapshots of", look, missing_is_fine=True) or []
        return tuple(sorted(found, key=lambda snapshot: (snapshot.created, snapshot.name)))

    def create_snapshot(self, name: str, snapshot: str) -> None:
        """Take a snapshot; a running machine runs on afterwards, a paused one stays paused."""
        root = ET.Element("domainsnapshot")
        ET.SubElement(root, "name").text = snapshot
        xml = ET.tostring(root, encoding="unicode")
        doing = f"take snapshot '{snapshot}' of"
        self._on(name, doing, lambda domain: domain.snapshotCreateXML(xml, 0))

    def revert_snapshot(self, name: str, snapshot: str, *, paused: bool = True) -> None:
        """Put a machine back to a snapshot, paused or running.

        A snapshot taken of a machine that was off leaves it off.
        """

        def revert(domain: Any) -> None:
            found = domain.snapshotLookupByName(snapshot)
            domain.revertToSnapshot(found, _revert_flags(_read(found).state, paused=paused))

        self._on(name, f"revert to snapshot '{snapshot}' of", revert)

    def delete_snapshot(self, name: str, snapshot: str) -> None:
        """Delete a snapshot; one that is not there is left alone."""

        def delete(domain: Any) -> None:
            if snapshot in domain.snapshotListNames():
                domain.snapshotLookupByName(snapshot).delete()

        doing = f"delete snapshot '{snapshot}' of"
        self._on(name, doing, delete, missing_is_fine=True)


def _revert_flags(taken: MachineState, *, paused: bool) -> int:
    if taken is MachineState.OFF:
        return 0
    if paused:
        return int(libvirt.VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED)
    return int(libvirt.VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING)


def _read(snapshot: Any) -> Snapshot:
    root = ET.fromstring(snapshot.getXMLDesc())  # noqa: S314 - libvirt wrote it
    return Snapshot(
        name=snapshot.getName(),
        created=int(root.findtext("creationTime", "0")),
        state=snapshot_state(root.findtext("state", "")),
    )
