"""Machines taken out of libvirt whole, and put back: the domain with all its snapshots."""

import xml.etree.ElementTree as ET
from typing import Any

import libvirt

from testbed.host.models import Definition
from testbed.host.snapshots import Snapshots

_TOPOLOGICAL = libvirt.VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL
_WHOLE = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
_AGAIN = libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE


class Definitions(Snapshots):
    """Definitions say what libvirt knows; what disks and snapshots hold is in the volumes."""

    def read_definition(self, name: str) -> Definition:
        """Return what a machine would be defined from, with its snapshots, parents first."""

        def read(domain: Any) -> Definition:
            snapshots = domain.listAllSnapshots(_TOPOLOGICAL)
            secure = libvirt.VIR_DOMAIN_SNAPSHOT_XML_SECURE
            texts = tuple(snapshot.getXMLDesc(secure) for snapshot in snapshots)
            return Definition(name, domain.XMLDesc(_WHOLE), texts)

        found = self._on(name, "read", read)
        if found is None:
            raise ValueError(f"domain '{name}' gave nothing to read")
        return found

    def define_again(self, definition: Definition) -> None:
        """Define a machine and its snapshots as they were; its disks must be where they were."""
        self.define(definition.xml, definition.domain)
        for xml in definition.snapshots:
            self._redefine(definition.domain, xml)

    def _redefine(self, name: str, xml: str) -> None:
        snapshot = ET.fromstring(xml).findtext("name", "")  # noqa: S314 - libvirt wrote it
        doing = f"bring back snapshot '{snapshot}' of"
        self._on(name, doing, lambda domain: domain.snapshotCreateXML(xml, _AGAIN))
