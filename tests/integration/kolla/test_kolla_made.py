"""What kolla-ansible's own roles and templates make of the files, for nodes in a folder."""

import getpass
import grp
import os
import stat
from collections.abc import Callable
from pathlib import Path

import yaml
from clouds import planned
from deployment import Deployment

from testbed.plan.models import Plan

Deploy = Callable[[Plan], Deployment]
FOLDERS = ("cinder-volume", "cinder-backup", "glance-api", "nova-compute", "nova-libvirt", "made")
TEMPLATES = {  # by role: the template, and its name in the folder `made`
    "cinder": ("cinder.conf.j2", "cinder.conf"),
    "loadbalancer": ("keepalived/keepalived.conf.j2", "keepalived.conf"),
    "neutron": ("openvswitch_agent.ini.j2", "openvswitch_agent.ini"),
    "nova-cell": ("nova.conf.d/libvirt.conf.j2", "libvirt.conf"),
}
PLAYBOOK = [
    {"ansible.builtin.import_playbook": "gather-facts.yml"},
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            *(
                {"ansible.builtin.include_role": {"name": role, "tasks_from": "external_ceph"}}
                for role in ("glance", "cinder", "nova-cell")
            ),
            *(
                {"ansible.builtin.include_role": {"name": role, "tasks_from": "made"}}
                for role in TEMPLATES
            ),
        ],
    },
]
EXPECTED = {
    "made/cinder.conf": ["rbd_user = cinder", "rbd_pool = volumes", "cluster = lab"],
    "made/keepalived.conf": ["interface vlan-mgmt", "10.0.10.250 dev vlan-mgmt"],
    "made/openvswitch_agent.ini": ["local_ip = 10.0.30.12", "bridge_mappings = physnet1:br-ex"],
    "made/libvirt.conf": ["virt_type = qemu", "images_type = rbd", "rbd_user = cinder"],
}


def nodes_of(folder: Deployment, data: Path) -> Path:
    """Let kolla-ansible write what it would write on the nodes; return their folder."""
    for role, (template, name) in TEMPLATES.items():
        path = "{{ node_config_directory }}/made/" + name
        task = {"ansible.builtin.template": {"src": template, "dest": path, "mode": "0600"}}
        named = {"vars": {"service_name": "cinder-volume"}}
        made = data / "ansible" / "roles" / role / "tasks" / "made.yml"
        made.write_text(yaml.safe_dump([task | named]))
    (data / "ansible" / "made.yml").write_text(yaml.safe_dump(PLAYBOOK))
    nodes = folder.folder.parent / "nodes"
    for node in ("node1", "node2", "node3"):
        for name in FOLDERS:
            (nodes / node / name).mkdir(parents=True)
    done = folder.run(
        "genconfig",
        "-p",
        str(data / "ansible" / "made.yml"),
        node_config_directory=f"{nodes}/{{{{ inventory_hostname }}}}",
        config_owner_user=getpass.getuser(),
        config_owner_group=grp.getgrgid(os.getgid()).gr_name,
    )
    assert done.status == 0, done.text
    return nodes


def test_configuration_and_keys_reach_each_service(deploy: Deploy, data: Path) -> None:
    nodes = nodes_of(deploy(planned()), data)
    for name, lines in EXPECTED.items():
        text = (nodes / "node2" / name).read_text()
        assert [line for line in lines if line not in text] == [], text
    assert "10.0.20.11,10.0.20.12,10.0.20.13" in read(nodes / "node1/glance-api/ceph/ceph.conf")
    assert "key = AQglance==" in read(nodes / "node1/glance-api/ceph/ceph.client.glance.keyring")
    assert "key = AQcinder==" in read(nodes / "node3/cinder-volume/ceph/ceph.client.cinder.keyring")
    assert "key = AQcinder==" in read(nodes / "node3/nova-compute/ceph.client.cinder.keyring")
    assert "fsid" in read(nodes / "node3/nova-libvirt/ceph.conf")
    secrets = [*(nodes / "node1/nova-libvirt/secrets").glob("*.base64")]
    assert [read(path).strip() for path in secrets] == ["AQcinder=="] * 2


def read(path: Path) -> str:
    return path.read_text()


def test_the_administrators_files_name_the_vip(deploy: Deploy) -> None:
    folder = deploy(planned())
    done = folder.run("post-deploy")
    assert done.status == 0, done.text
    admin = folder.folder / "admin-openrc.sh"
    assert "10.0.10.250:5000" in admin.read_text()
    assert stat.S_IMODE(admin.stat().st_mode) == 0o600
