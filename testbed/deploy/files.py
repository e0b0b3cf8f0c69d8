"""Files for a machine: all in one archive, and one that names all others, written last."""

import hashlib
import io
import tarfile
from dataclasses import dataclass

from testbed.deploy.step import Step
from testbed.guest import Command


@dataclass(frozen=True, slots=True)
class File:
    """A file to put on a node; the owner is a user and its group of the same name."""

    path: str
    text: str
    mode: int = 0o644
    owner: str = "root"


@dataclass(frozen=True, slots=True)
class Folder(File):
    """A folder to make before what is in it; one that is there already stays as it is."""

    text: str = ""
    mode: int = 0o755


def sealed(path: str, made: tuple[File, ...]) -> tuple[File, ...]:
    """Return the files and, last, one with their digest: where it is, all of them are.

    Folders do not count, for other ones would not be put in the place of those that are there.
    """
    counted = tuple(file for file in made if not isinstance(file, Folder))
    digest = hashlib.sha256(repr(counted).encode()).hexdigest()
    return (*made, File(path, f"{digest}\n"))


def digest_of(made: tuple[File, ...]) -> str:
    """Return what the last of sealed files says."""
    return made[-1].text.strip()


def unpacking(machine: str, wanted: tuple[File, ...], name: str = "files") -> Step:
    """Return the step that puts the files into a machine."""
    command = Command(("tar", "-x", "-C", "/", "--no-overwrite-dir"), sudo=True)
    return Step(name, machine, command, stdin=archive(wanted))


def archive(wanted: tuple[File, ...]) -> bytes:
    """Return a tar archive of the files, to be unpacked at the root of a machine."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for file in wanted:
            data = file.text.encode()
            entry = tarfile.TarInfo(file.path.lstrip("/"))
            entry.size, entry.mode = len(data), file.mode
            entry.uname = entry.gname = file.owner
            entry.type = tarfile.DIRTYPE if isinstance(file, Folder) else tarfile.REGTYPE
            tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()
