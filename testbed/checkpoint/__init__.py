"""All machines of a testbed together: memory and every disk, never one machine alone."""

from testbed.checkpoint.checkpoints import (
    Checkpoint,
    delete,
    find_unfinished,
    get,
    list_checkpoints,
    restore,
    save,
)

__all__ = [
    "Checkpoint",
    "delete",
    "find_unfinished",
    "get",
    "list_checkpoints",
    "restore",
    "save",
]
