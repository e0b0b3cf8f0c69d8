"""The recorder of commands, watching a real bash with its line editor in a real terminal."""

import fcntl
import os
import pty
import select
import shutil
import struct
import termios
import time
from collections.abc import Iterator

import pytest

from testbed.lab.screen import Screen
from testbed.lab.typed import Typed

COLUMNS = 40
PROMPT = b"aolda@node1:~$ "
_PAUSE, _LATEST = 0.5, 20.0  # seconds: between two parts of an echo, and until anything is shown

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


class Bash:
    """A bash that somebody types into, and what the recorder makes of it."""

    def __init__(self) -> None:
        self.typed = Typed(Screen(COLUMNS))
        self.commands: list[str] = []
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.environ.update(PS1=PROMPT.decode(), TERM="xterm-256color", HISTFILE="/dev/null")
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        self.wait_for()

    def press(self, keys: bytes) -> None:
        self.typed.keys(keys)
        os.write(self.terminal, keys)

    def _take_in(self, seconds: float) -> bytes:
        """Take in what is shown next; nothing where nothing is for so long."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return b""
        data = os.read(self.terminal, 65536)
        self.commands += self.typed.shown(data)
        return data

    def settle(self, *, echoes: bool) -> None:
        """Take in an echo, however late it begins, until it has ended; or that there is none."""
        if not echoes or self._take_in(_LATEST):
            while self._take_in(_PAUSE):
                pass

    def wait_for(self, last: bytes = PROMPT, times: int = 1) -> None:
        """Take in what is shown until that is the last of it, and has been so often."""
        shown, deadline = b"", time.monotonic() + _LATEST
        while shown.count(last) < times or not shown.endswith(last):
            assert time.monotonic() < deadline, shown
            shown += self._take_in(_PAUSE)

    def enter(self, keys: bytes, *, then: bytes = PROMPT, echoes: bool = True) -> None:
        """Type keys, wait for their echo, press Enter, and wait for what is shown last then."""
        self.press(keys)
        self.settle(echoes=echoes)
        self.press(b"\r")
        self.wait_for(then)

    def close(self) -> None:
        os.close(self.terminal)
        os.waitpid(self.process, 0)


@pytest.fixture
def bash() -> Iterator[Bash]:
    sitting = Bash()
    yield sitting
    sitting.close()


def test_commands_are_those_that_bash_ran(bash: Bash):
    long = b"echo one two three four five six seven eight nine ten eleven"
    bash.enter(b"echo plain")
    bash.enter(long)
    bash.enter(b"echo wrongx\x7f\x7f right")  # two letters taken back
    bash.enter(b"cho moved\x01e\x05 end")  # Ctrl+A, a letter, Ctrl+E
    bash.enter(long + b"\x01\x1b[C\x1b[C\x1b[C\x1b[C -e\x05 twelve")  # inside a wrapped line
    bash.enter(b"\x1b[A\x1b[A\x1b[A")  # three back in the history
    bash.enter(b"\x12plain")  # Ctrl+R
    bash.enter(b"echo \xec\x95\x88\xeb\x85\x95")
    bash.press(b"echo given up\x03")
    bash.wait_for()
    assert bash.commands == [
        "echo plain",
        long.decode(),
        "echo wron right",
        "echo moved end",
        long.decode().replace("echo", "echo -e", 1) + " twelve",
        "echo wron right",
        "echo plain",
        "echo 안녕",
    ]


def test_what_is_asked_for_without_echo_is_not_recorded(bash: Bash):
    bash.enter(b"read -s -p 'Password: ' x", then=b"Password: ")
    bash.enter(b"hunter2", echoes=False)
    bash.enter(b"echo done")
    assert bash.commands == ["read -s -p 'Password: ' x", "echo done"]


def test_a_whole_screen_and_a_flood_do_not_disturb(bash: Bash):
    bash.enter(b"printf '\\033[?1049h'; echo inside; printf '\\033[?1049l'")
    bash.enter(b"seq 3000")
    bash.enter(b"clear")
    bash.enter(b"echo after")
    assert bash.commands[1:] == ["seq 3000", "clear", "echo after"]


def test_lines_pasted_ahead_of_the_prompt_are_each_recorded(bash: Bash):
    bash.press(b"sleep 0.3\recho one\recho two\r")
    bash.wait_for(times=3)
    assert bash.commands == ["sleep 0.3", "echo one", "echo two"]
