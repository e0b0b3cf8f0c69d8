import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import offline
import pytest
from deployment import Deployment

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


@pytest.fixture
def deploy(tmp_path: Path, data: Path, passwords: Path) -> Callable[[Plan], Deployment]:
    """Write the files of a plan with OpenStack."""
    return lambda plan: Deployment(plan, tmp_path / "kolla", data, passwords)
