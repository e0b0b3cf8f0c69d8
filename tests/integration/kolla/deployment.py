"""A folder as `testbed kolla write` writes it, and kolla-ansible at work in it."""

import shutil
from pathlib import Path

import offline

from testbed.apply.kolla import write
from testbed.deploy.kolla import files
from testbed.plan.models import Plan


class Deployment:
    """The folder of one plan; `data` is a copy of kolla-ansible's."""

    def __init__(self, plan: Plan, folder: Path, data: Path, passwords: Path) -> None:
        assert plan.cloud and plan.storage
        self.folder = folder
        self._data = data
        keys = {"client.glance": "AQglance==", "client.cinder": "AQcinder=="}
        write(folder, files(plan, plan.cloud, plan.storage, keys=keys, ssh_config="#\n"))
        shutil.copy(passwords, folder)
        (folder / "facts").mkdir()
        offline.write_facts(plan, folder / "facts")

    def run(self, action: str, *options: str, **variables: object) -> offline.Outcome:
        return offline.run(self._data, self.folder, action, *options, variables=variables)
