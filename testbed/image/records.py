"""What a finished image is, on disk and in memory."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

RECORD_FILE = "image.json"
DISK_FILE = "root.qcow2"


@dataclass(frozen=True, slots=True)
class Image:
    """A finished image: a read-only disk, and what starts it where it has no boot loader."""

    name: str
    digest: str
    disk: Path
    kernel: Path | None
    initrd: Path | None
    cmdline: str
    size_mib: int
    swept: bool = False  # some cleaner of caches took what the disk cannot start without


@dataclass(frozen=True, slots=True)
class Record:
    """What a result says of itself, besides its files."""

    name: str
    digest: str
    kind: str
    cmdline: str
    size_mib: int
    built_at: float  # seconds since 1970
    seconds: dict[str, float]  # by stage
    packages: int


def read_record(folder: Path) -> Record | None:
    """Return what a result folder says of itself, or None where there is no finished result."""
    try:
        return Record(**json.loads((folder / RECORD_FILE).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None


def read_image(folder: Path) -> Image | None:
    """Return the image in a result folder, or None where there is no finished result."""
    record = read_record(folder)
    if record is None or not (folder / DISK_FILE).is_file():
        return None
    kernel, initrd = folder / "kernel", folder / "initrd"
    started = kernel.is_file() and initrd.is_file()
    return Image(
        name=record.name,
        digest=record.digest,
        disk=folder / DISK_FILE,
        kernel=kernel if kernel.is_file() else None,
        initrd=initrd if initrd.is_file() else None,
        cmdline=record.cmdline,
        size_mib=record.size_mib,
        swept=record.kind == "debian" and not started,
    )


def finish(workshop: Path, result: Path, record: Record) -> None:
    """Make the workshop's folder the result, all at once and safe from a power cut."""
    (workshop / RECORD_FILE).write_text(
        json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8"
    )
    for file in workshop.iterdir():
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
    workshop.rename(result)


def size_on_disk(path: Path) -> int:
    """Return the bytes that a file, or everything readable below a folder, takes on the disk."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat(follow_symlinks=False).st_blocks * 512 for file in files)
