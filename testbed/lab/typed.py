"""Commands typed at a shell, told by what the terminal shows behind the prompt.

What is not echoed, such as a password, is not on the screen and so is never among them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from testbed.lab.screen import Screen

# user@node1:~$ … and [user@node1 ~]# …, as most shells ask; what was printed without an end of
# its line may stand before it
_FULL_PROMPT = re.compile(r"[\w.-]+@[\w.-]+(?::[~/][^$#]*|[ ][^$#]*\])[$#] ?(?P<rest>.*)")
# $ … and # …, as a plain sh does; > … is the rest of a command begun on the line above
_BARE_PROMPT = re.compile(r"[$#>] (?P<rest>.*)")
_ENTER = re.compile(rb"[\r\n]")
_MOST_AHEAD = 50  # lines of a paste that the shell has not come to yet
_LONGEST = 500  # letters of a command that are kept
_SECRET = re.compile(
    r"(?i)(--[\w-]*(?:pass(?:word|wd|phrase)?|secret|token|key)[= ]\s*"
    r"|\b\w*(?:password|passwd|secret|token)\w*=)(\S+)"
)


@dataclass
class Typed:
    """Follows one terminal session: what is typed and what is shown."""

    screen: Screen = field(default_factory=Screen)
    _at_prompt: bool = False  # Enter was pressed, and the line shown has a prompt
    _ahead: int = 0  # Enters pressed before the prompt was there

    def keys(self, pressed: bytes) -> None:
        """Take note of what the user pressed; only whether it ended a line matters."""
        enters = len(_ENTER.findall(pressed))
        if not enters:
            return
        if not self._at_prompt and command_of(self.screen.line, bare=True) is not None:
            self._at_prompt, enters = True, enters - 1
        self._ahead = min(self._ahead + enters, _MOST_AHEAD)

    def shown(self, printed: bytes) -> Iterator[str]:
        """Yield the commands that what was printed shows to have been entered."""
        for line in self.screen.feed(printed):
            if not self._at_prompt and not self._ahead:
                continue
            command = command_of(line, bare=self._at_prompt)
            if command is None:
                continue
            if not self._at_prompt:
                self._ahead -= 1
            self._at_prompt = False
            if command:
                yield command


def command_of(line: str, *, bare: bool) -> str | None:
    """Return what stands behind the prompt of a line, or None where there is no prompt.

    `bare`: whether a single $, # or > counts as one.
    """
    found = _FULL_PROMPT.search(line) or (_BARE_PROMPT.fullmatch(line) if bare else None)
    return kept(found["rest"]) if found else None


def kept(command: str) -> str:
    """Return a command as it is kept: without what looks like a secret, and not endless."""
    hidden = _SECRET.sub(r"\1***", command.strip())
    return hidden if len(hidden) <= _LONGEST else hidden[: _LONGEST - 1] + "…"
