"""One machine over SSH; only the host key we made is accepted.

What needs an SSH library is imported when it is first used: looking at a testbed from outside
needs none, and importing one takes longer than the look.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from testbed.guest.clock import clock_offset, step_clocks, stepping_clocks
from testbed.guest.command import Command, Guest, Result, Script, line_for, must
from testbed.guest.dialogue import TalkingGuest
from testbed.guest.failures import (
    CommandTimeout,
    ConnectionLost,
    HostKeyDiffers,
    NothingAnswers,
    Unreachable,
    UserKeyRefused,
)
from testbed.guest.files import write_file

if TYPE_CHECKING:
    from testbed.guest.connect import Patience
    from testbed.guest.keys import new_keypair
    from testbed.guest.ssh import SshGuest

__all__ = [
    "Command",
    "CommandTimeout",
    "ConnectionLost",
    "Guest",
    "HostKeyDiffers",
    "NothingAnswers",
    "Patience",
    "Result",
    "Script",
    "SshGuest",
    "TalkingGuest",
    "Unreachable",
    "UserKeyRefused",
    "clock_offset",
    "line_for",
    "must",
    "new_keypair",
    "step_clocks",
    "stepping_clocks",
    "write_file",
]

_WHEN_USED = {
    "Patience": "testbed.guest.connect",
    "SshGuest": "testbed.guest.ssh",
    "new_keypair": "testbed.guest.keys",
}


def __getattr__(name: str) -> Any:
    if name not in _WHEN_USED:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(_WHEN_USED[name]), name)
