"""kolla-ansible's own code, run as far as it goes without machines.

Its command line runs its playbooks, roles, templates and filters on a copy of its data, in which
tasks that look into a machine or change one are left out, and facts of the nodes come from the
plan. One filter of a collection that only Galaxy has is stood in for.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed.plan.models import Plan

BIN = Path(sys.executable).parent
SHARE = BIN.parent / "share" / "kolla-ansible"
# What says something about the inventory and settings alone.
_WITHOUT_MACHINES = {
    "assert", "debug", "fail", "group_by", "import_role", "import_tasks", "include_role",
    "include_tasks", "meta", "set_fact",
}  # fmt: skip
_FACTS = """
- hosts: all
  gather_facts: false
  tasks:
    - planned_facts: {folder: "{{ planned_facts_folder }}", name: "{{ inventory_hostname }}"}
    - ansible.builtin.group_by: {key: all_using_limit_False}
  tags: always
"""
_FACTS_MODULE = """
import json, pathlib
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule({"folder": {}, "name": {}})
path = pathlib.Path(module.params["folder"], module.params["name"] + ".json")
module.exit_json(ansible_facts=json.loads(path.read_text()))
"""
_IPADDR = """
import ipaddress

def ipaddr(value, query=""):
    try:
        interface = ipaddress.ip_interface(value)
    except ValueError:
        return None
    inside = query in ("", "address") or interface.ip in ipaddress.ip_interface(query).network
    return str(interface.ip) if inside else None

class FilterModule:
    def filters(self):
        return {"ipaddr": ipaddr}
"""


@dataclass(frozen=True)
class Outcome:
    """How a run of kolla-ansible ended, and everything it said."""

    status: int
    text: str

    def looked_at(self) -> set[str]:
        """Return the names of tasks that ran on some node, without their role."""
        found = set()
        for block in self.text.split("\nTASK [")[1:]:
            title, _, rest = block.partition("]")
            if "ok: [" in rest or "changed: [" in rest or "fatal: [" in rest:
                found.add(title.rpartition(" : ")[2])
        return found


def copy_data(target: Path) -> None:
    """Copy kolla-ansible's data, less the tasks that need a machine."""
    shutil.copytree(SHARE / "ansible", target / "ansible")
    roles = target / "ansible" / "roles"
    for path in (*roles.glob("*/tasks/precheck.yml"), *roles.glob("prechecks/tasks/*_checks.yml")):
        _prune(path)
    (target / "ansible" / "gather-facts.yml").write_text(_FACTS)
    (target / "ansible" / "library" / "planned_facts.py").write_text(_FACTS_MODULE)
    plugins = target / "collections/ansible_collections/ansible/utils/plugins/filter"
    plugins.mkdir(parents=True)
    (plugins / "ipaddr.py").write_text(_IPADDR)


def _prune(path: Path) -> None:
    """Leave in a file of tasks, and in those it takes in, what needs no machine."""
    tasks = yaml.safe_load(path.read_text()) or []
    kept = list(_without_machines(tasks, set()))
    path.write_text(yaml.safe_dump(kept, sort_keys=False))
    for task in kept:
        file = next(
            (task[key] for key in task if key.endswith(("import_tasks", "include_tasks"))), ""
        )
        if file and "{{" not in file:
            _prune(path.parent / file)


def _without_machines(tasks: list[dict[str, Any]], unknown: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the tasks that need no machine, nor what a task left out would have seen there."""
    for task in tasks:
        if "block" in task:
            inner = list(_without_machines(task["block"], unknown))
            if inner:
                yield {**task, "block": inner}
            continue
        module = next(key for key in task if "." in key or key.startswith("kolla_"))
        text = json.dumps(task)
        if module.rpartition(".")[2] in _WITHOUT_MACHINES and not any(n in text for n in unknown):
            yield task
        elif "register" in task:
            unknown.add(task["register"])


def write_facts(plan: Plan, folder: Path) -> None:
    """Write what Ansible would find out about each node, as far as the plan knows."""
    assert plan.cloud
    for node in plan.cloud.nodes:
        machine = plan.machine(node.machine)
        interfaces = {
            interface.name: {"device": interface.name, "active": True}
            | ({"ipv4": {"address": str(interface.address.ip)}} if interface.address else {})
            for interface in machine.interfaces
        }
        facts = {
            "hostname": machine.name,
            "nodename": machine.name,
            "interfaces": [*interfaces],
            **{name.replace("-", "_"): facts for name, facts in interfaces.items()},
            "distribution": "Debian",  # the suite of the nodes' image: trixie
            "distribution_release": "trixie",
            "distribution_version": "13",
            "distribution_major_version": "13",
            "os_family": "Debian",
            "processor_vcpus": machine.vcpus,
            "memtotal_mb": machine.memory_mib,
            "service_mgr": "systemd",
            "python": {"executable": "/usr/bin/python3"},
            "architecture": "x86_64",
        }
        (folder / f"{machine.name}.json").write_text(json.dumps(facts))


def run(
    data: Path, folder: Path, action: str, *options: str, variables: Mapping[str, object] = {}
) -> Outcome:
    """Run `kolla-ansible ACTION` with the files in a folder, and what was copied to `data`."""
    values = {
        "ansible_connection": "local",
        "ansible_become": False,
        "ansible_python_interpreter": sys.executable,
        "planned_facts_folder": str(folder / "facts"),
        **variables,
    }
    environment = os.environ | {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "KOLLA_ANSIBLE_DATA_FILES_PATH": str(data),
        "ANSIBLE_COLLECTIONS_PATH": str(data / "collections"),
        "ANSIBLE_HOME": str(data / "home"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
    }
    ours = ("-i", "inventory", "--configdir", str(folder))
    done = subprocess.run(
        [BIN / "kolla-ansible", action, *ours, "-e", json.dumps(values), *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    return Outcome(done.returncode, done.stdout + done.stderr)
