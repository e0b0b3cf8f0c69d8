"""Every file of OpenStack on two shipped topologies, to the letter; `--update-golden` rewrites."""

import configparser
from itertools import count
from pathlib import Path

import pytest

from testbed.deploy.files import File, Folder
from testbed.deploy.openstack.files import files
from testbed.deploy.openstack.secrets import Secrets, new_secrets
from testbed.deploy.openstack.site import Site
from testbed.plan.decide import plan
from testbed.topology.shipped import find

EXPECTED = Path(__file__).parent / "openstack"
KEYS = {"client.glance": "GLANCES-KEY==", "client.cinder": "CINDERS-KEY=="}
# Of the others each differs from its neighbour in its address only.
NODES = (
    ("aolda-cloud", "node1"),
    ("aolda-cloud", "node2"),
    ("aolda-cloud-compact", "node1"),
    ("aolda-cloud-compact", "node2"),
)
# Where a section's name is ours, and the section of Debian's example that describes its options.
OURS = {
    ("glance-api.conf", "ceph"): ("glance.store.rbd.store",),
    ("glance-api.conf", "os_glance_tasks_store"): ("glance_store",),
    ("glance-api.conf", "os_glance_staging_store"): ("glance_store",),
    ("cinder.conf", "ceph"): ("backend_defaults",),
}
# Options that Debian's examples lack, and the programs read: those of a log-in with a password,
# and the name under which several cinder-volumes are one.
UNLISTED = {
    "auth_type", "auth_url", "username", "password", "project_name", "project_domain_name",
    "user_domain_name", "backend_host",
}  # fmt: skip


def secrets() -> Secrets:
    numbers = count(1)
    return new_secrets(lambda size: next(numbers).to_bytes(size, "big"))


def rendered(topology: str, machine: str) -> dict[str, File]:
    lab = plan(find(topology), name=topology, folder=Path("/lab"), loopback="127.77.0.1")
    assert lab.cloud and lab.storage
    site = Site(lab.cloud, lab.storage, lab.cloud.node(machine), secrets(), KEYS, kvm="")
    made = (file for file in files(site) if not isinstance(file, Folder))
    return {file.path.lstrip("/"): file for file in made}


@pytest.mark.parametrize(("topology", "machine"), NODES)
def test_openstack_is_deployed_with_these_files(
    topology: str, machine: str, update_golden: bool
) -> None:
    folder = EXPECTED / topology / machine
    seen = rendered(topology, machine)
    if update_golden:
        for name, file in seen.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(file.text)
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert there == set(seen), "see --update-golden"
    for name, file in seen.items():
        assert file.text == (folder / name).read_text(), name


@pytest.mark.parametrize(("topology", "machine"), NODES)
def test_whoever_else_is_on_a_node_reads_no_secret(topology: str, machine: str) -> None:
    known = {*secrets().values(), *KEYS.values()}
    for file in rendered(topology, machine).values():
        if any(secret in file.text for secret in known):
            assert file.mode & 0o007 == 0, file.path


@pytest.mark.parametrize("name", sorted(path.stem for path in (EXPECTED / "options").iterdir()))
def test_every_option_is_one_that_debians_package_knows(name: str) -> None:
    """An option with a wrong name is passed over in silence; the lists are of Debian's examples."""
    known = set((EXPECTED / "options" / f"{name}.txt").read_text().split())
    paths = {p for p in rendered("aolda-cloud", "node1") if Path(p).name == f"{name}"}
    assert paths
    for path in paths:
        parsed = configparser.RawConfigParser(default_section="none", strict=True)
        parsed.read_string(rendered("aolda-cloud", "node1")[path].text)
        for section in parsed.sections():
            described = OURS.get((name, section), (section,))
            for option in parsed.options(section):
                listed = any(f"{each}.{option}" in known for each in described)
                assert listed or option in UNLISTED, f"{name}: [{section}] {option}"
