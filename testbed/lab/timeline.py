"""What happened during an attempt, one JSON line each, in order."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from testbed.apply.folders import Folders, make_private
from testbed.lab import attempt

_FILE = "timeline.jsonl"
Event = Mapping[str, Any]  # "at" (seconds since the epoch), "event", and its values


def record(
    folders: Folders, testbed: str, event: str, /, *, at: float | None = None, **values: Any
) -> None:
    """Add an event; what was recorded earlier is never rewritten."""
    own = folders.of_testbed(testbed) / attempt.folder(folders, testbed).name
    make_private(own)
    told = {"at": time.time() if at is None else at, "event": event, **values}
    text = json.dumps(told, ensure_ascii=False, default=str)
    line = text.encode(errors="replace") + b"\n"  # what was typed may be no text
    handle = os.open(own / _FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "a+b") as file:
        file.write(line if _ends_whole(file) else b"\n" + line)


def _ends_whole(file: BinaryIO) -> bool:
    """Return whether the last line is whole: a crash may have cut it short."""
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def events(folders: Folders, testbed: str) -> tuple[Event, ...]:
    """Return what happened in the attempt that is going on, or in the last one."""
    return read(attempt.folder(folders, testbed) / _FILE)


def read(path: Path) -> tuple[Event, ...]:
    """Return the events of a timeline; lines that a crash cut short are left out."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(event for line in lines if (event := _event(line)) is not None)


def _event(line: str) -> Event | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) and {"at", "event"} <= told.keys() else None


def begin(folders: Folders, testbed: str) -> None:
    """Begin a new timeline; the last one is gone."""
    (attempt.folder(folders, testbed) / _FILE).unlink(missing_ok=True)


def text(folders: Folders, testbed: str) -> str:
    """Return the timeline as it stands, to be kept elsewhere."""
    try:
        file = attempt.folder(folders, testbed) / _FILE
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
