"""Files for a machine, as tar unpacks them."""

import io
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

from testbed.deploy.files import File, Folder, archive, sealed

KEYS = Folder("/etc/keys", mode=0o700, owner="keystone")
KEY = File("/etc/keys/0", "secret", 0o600, "keystone")


def unpack(folder: Path, *files: File) -> None:
    """Unpack as a machine does, but for owners: nobody here has them."""
    argv = ("tar", "-x", "-p", "--no-same-owner", "--no-overwrite-dir", "-C", str(folder))
    subprocess.run(argv, input=archive(files), check=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    unpack(tmp_path, KEYS, KEY)
    assert mode(tmp_path / "etc" / "keys") == 0o700
    assert mode(tmp_path / "etc" / "keys" / "0") == 0o600
    with tarfile.open(fileobj=io.BytesIO(archive((KEYS, KEY)))) as tar:
        (folder, _) = tar.getmembers()
    assert folder.isdir()
    assert (folder.uname, folder.gname) == ("keystone", "keystone")


@pytest.mark.parametrize("had", [0o755, 0o711])
def test_one_that_is_there_stays_as_it_is(tmp_path: Path, had: int) -> None:
    there = tmp_path / "etc" / "keys"
    there.mkdir(parents=True)
    there.chmod(had)
    unpack(tmp_path, KEYS, KEY)
    assert mode(there) == had


def test_a_folder_does_not_make_files_others_than_they_were() -> None:
    assert sealed("/etc/digest", (KEYS, KEY))[-1] == sealed("/etc/digest", (KEY,))[-1]
    other = File(KEY.path, "another", KEY.mode, KEY.owner)
    assert sealed("/etc/digest", (KEYS, other))[-1] != sealed("/etc/digest", (KEYS, KEY))[-1]
