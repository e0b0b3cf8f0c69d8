"""Ways in which a guest cannot be talked to, told apart because waiting helps with one only."""

from testbed.errors import GuestError


class Unreachable(GuestError):
    """Nothing answers as SSH; it may still be booting."""


class HostKeyDiffers(GuestError):
    """Something answers, and it is not our machine; nothing was sent to it."""


class UserKeyRefused(GuestError):
    """The machine is ours and does not know our key, or not yet."""


class CommandTimeout(GuestError):
    """A command did not end in time; the guest stops it."""


class ConnectionLost(GuestError):
    """The connection broke while a command ran; whether it was done is not known."""


class NothingAnswers(GuestError):
    """What a guest was to call does not answer it; the guest itself may be well."""
