import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import offline
import pytest

from testbed.apply.kolla import write
from testbed.deploy.kolla import files
from testbed.plan.models import Plan


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of kolla-ansible's data for runs without machines."""
    target = tmp_path_factory.mktemp("kolla-data")
    offline.copy_data(target)
    return target


@pytest.fixture(scope="session")
def passwords(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Passwords, made once by kolla-ansible's own program."""
    made = tmp_path_factory.mktemp("kolla-passwords") / "passwords.yml"
    shutil.copy(offline.SHARE / "etc_examples" / "kolla" / "passwords.yml", made)
    subprocess.run([offline.BIN / "kolla-genpwd", "-p", made], check=True, capture_output=True)
    return made


class Deployment:
    """A folder as `testbed kolla write` writes it, and kolla-ansible at work in it."""

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


@pytest.fixture
def deploy(tmp_path: Path, data: Path, passwords: Path) -> Callable[[Plan], Deployment]:
    """Write the files of a plan with OpenStack."""
    return lambda plan: Deployment(plan, tmp_path / "kolla", data, passwords)
