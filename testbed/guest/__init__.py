"""One machine over SSH; only the host key we made is accepted."""

from testbed.guest.clock import TalkingGuest, clock_offset, step_clocks, stepping_clocks
from testbed.guest.command import Command, Guest, Result, Script, must
from testbed.guest.connect import Patience
from testbed.guest.failures import (
    CommandTimeout,
    ConnectionLost,
    HostKeyDiffers,
    Unreachable,
    UserKeyRefused,
)
from testbed.guest.files import write_file
from testbed.guest.keys import new_keypair
from testbed.guest.ssh import SshGuest

__all__ = [
    "Command",
    "CommandTimeout",
    "ConnectionLost",
    "Guest",
    "HostKeyDiffers",
    "Patience",
    "Result",
    "Script",
    "SshGuest",
    "TalkingGuest",
    "Unreachable",
    "UserKeyRefused",
    "clock_offset",
    "must",
    "new_keypair",
    "step_clocks",
    "stepping_clocks",
    "write_file",
]
