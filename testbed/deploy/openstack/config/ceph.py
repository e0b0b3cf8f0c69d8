"""What each service needs of Ceph: a configuration and a key that only it can read."""

from collections.abc import Iterator

from testbed.deploy.ceph.clients import CINDER, client_conf
from testbed.deploy.ceph.files import ceph_conf, conf_text
from testbed.deploy.ceph.secrets import keyring
from testbed.deploy.files import File
from testbed.deploy.openstack.site import Site


def conf_path(service: str) -> str:
    """Return where a service finds its ceph.conf."""
    return f"/etc/{service}/ceph.conf"


def client_files(site: Site, service: str, user: str) -> Iterator[File]:
    """Yield a service's ceph.conf, and the key of the user that it is in Ceph."""
    path = f"/etc/{service}/ceph.{user}.keyring"
    text = client_conf(site.storage) + "\n" + conf_text({user: {"keyring": path}})
    yield File(conf_path(service), text)
    yield File(path, keyring(site.ceph_keys, user), 0o600, service)


def libvirt_secret(site: Site) -> Iterator[File]:
    """Yield the key under the name that instances' disks refer to it by, as libvirt keeps it."""
    name = site.cloud.libvirt_secret
    xml = (
        f"<secret ephemeral='no' private='no'>\n  <uuid>{name}</uuid>\n"
        f"  <usage type='ceph'>\n    <name>{CINDER} secret</name>\n  </usage>\n</secret>\n"
    )
    yield File(f"/etc/libvirt/secrets/{name}.xml", xml, 0o600)
    yield File(f"/etc/libvirt/secrets/{name}.base64", site.ceph_keys[CINDER], 0o600)


def configuration_of_outsiders(site: Site) -> Iterator[File]:
    """Yield Ceph's own configuration on a node that takes no part in the cluster."""
    if site.node.machine not in {node.machine for node in site.storage.nodes}:
        yield File("/etc/ceph/ceph.conf", ceph_conf(site.storage))
