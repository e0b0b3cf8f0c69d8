"""Making and removing machines: disks first, the domain last, so a defined domain is whole."""

from collections.abc import Mapping

from testbed.apply.keys import Keys
from testbed.host import Host, Pool
from testbed.image import Image
from testbed.plan.models import Machine, Plan
from testbed.render.domain import Accelerator, Boot, domain_xml
from testbed.render.user_data import seed_files
from testbed.seed import seed_iso


def create(
    host: Host,
    pool: Pool,
    plan: Plan,
    machine: Machine,
    image: Image,
    keys: Keys,
    accel: Accelerator,
) -> None:
    """Make a machine's volumes and define its domain; what is left of an earlier try goes first."""
    remove(host, pool, machine)
    host.create_overlay(pool, machine.root, image.size_mib, image.disk)
    for disk in machine.disks:
        host.create_disk(pool, disk.volume, disk.size_mib)
    host.upload(pool, machine.seed, seed_iso(_seed(plan, machine, keys)))
    host.define(domain_xml(plan, machine, boot=_boot(image), accel=accel), machine.domain)


def _seed(plan: Plan, machine: Machine, keys: Keys) -> Mapping[str, str]:
    host_key = keys.hosts[machine.name]
    return seed_files(
        plan,
        machine,
        authorized_key=keys.user.public,
        host_key_private=host_key.private,
        host_key_public=host_key.public,
    )


def _boot(image: Image) -> Boot:
    return Boot(
        disk=image.disk,
        kernel=image.kernel,
        initrd=image.initrd,
        cmdline=image.cmdline,
        digest=image.digest,
    )


def remove(host: Host, pool: Pool, machine: Machine) -> None:
    """Remove a machine and its volumes; does nothing where they are already gone."""
    host.destroy(machine.domain)
    host.undefine(machine.domain)
    wanted = {machine.root, machine.seed, *(disk.volume for disk in machine.disks)}
    for volume in host.list_volumes(pool):
        if volume.name in wanted:
            host.delete_volume(pool, volume.name)
