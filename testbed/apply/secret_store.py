"""Secrets of what runs in a testbed's machines: made once per testbed, kept with its keys."""

import json
from collections.abc import Mapping
from pathlib import Path

from testbed.apply.folders import Folders, make_private, write_private


def make(folders: Folders, testbed: str, what: str, new: Mapping[str, str]) -> dict[str, str]:
    """Return what is kept of the secrets of `what`, with new ones where some are missing."""
    path = _file(folders.of_testbed(testbed), what)
    kept = _read(path) if path.exists() else {}
    wanted = {**new, **kept}
    if wanted != kept:
        make_private(path.parent)
        write_private(path, json.dumps(wanted, indent=1))
    return wanted


def read(folders: Folders, testbed: str, what: str) -> dict[str, str]:
    """Return the secrets that are kept; raises `OSError` or `ValueError` where none are."""
    return _read(_file(folders.records(testbed), what))


def _file(records: Path, what: str) -> Path:
    return records / "keys" / f"{what}.json"


def _read(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text(encoding="utf-8")))
