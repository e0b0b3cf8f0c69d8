"""All machines of a testbed together: memory and every disk, never one machine alone."""

from testbed.checkpoint.checkpoints import (
    Checkpoint,
    delete,
    find_unfinished,
    get,
    is_in_some_machine,
    list_checkpoints,
    restore,
    save,
)

__all__ = [
    "Checkpoint",
    "delete",
    "find_unfinished",
    "get",
    "is_in_some_machine",
    "list_checkpoints",
    "restore",
    "save",
]
