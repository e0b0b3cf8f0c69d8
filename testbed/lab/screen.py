"""The line of a terminal on which the cursor stands, as the bytes a program prints draw it.

Only what a shell's line editor does is understood: typing, wrapping, moving back and forth,
inserting, deleting. Where a program takes the whole screen, nothing is seen until it leaves.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

_ESCAPES = re.compile(
    r"\x1b(?:"
    r"\[(?P<arguments>[0-9;?<=>]*)[ -/]*(?P<verb>[@-~])"  # CSI: move, erase, colour
    r"|[\]PX^_].*?(?:\x07|\x1b\\)"  # a string for the terminal, such as its title
    r"|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])",
    re.DOTALL,
)
_PLAIN = re.compile(r"[ -~]+")
_WHOLE_SCREEN = {"?1049", "?1047", "?47"}
_LONGEST_LINE = 8192  # cells; a longer line is no command
_LONGEST_ESCAPE = 4096  # what is longer never ends
_TAB = 8


@dataclass
class Screen:
    """What stands on the cursor's line; `feed` yields each line that ends."""

    columns: int = 80
    _cells: list[str] = field(default_factory=list)
    _at: int = 0
    _taken: bool = False  # by a program that draws the whole screen
    _rest: str = ""  # an escape sequence that has not ended yet
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )

    @property
    def line(self) -> str:
        """The line on which the cursor stands, so far."""
        return "" if self._taken else "".join(self._cells).rstrip("\0").replace("\0", " ")

    def feed(self, printed: bytes) -> Iterator[str]:
        """Draw what was printed, and yield every line it ended."""
        text = self._rest + self._decoder.decode(printed)
        self._rest, at = "", 0
        while at < len(text):
            if plain := _PLAIN.match(text, at):
                self._write(plain[0])
                at = plain.end()
            elif text[at] != "\x1b":
                yield from self._draw(text[at])
                at += 1
            elif found := _ESCAPES.match(text, at):
                self._obey(found["verb"] or "", found["arguments"] or "")
                at = found.end()
            elif len(text) - at < _LONGEST_ESCAPE:
                self._rest = text[at:]
                return
            else:
                at += 1

    def _draw(self, letter: str) -> Iterator[str]:
        if self._taken:
            return
        if letter == "\n":
            yield from self._new_line()
        elif letter == "\r":
            self._at = self._row_start()
        elif letter == "\b":
            self._at = max(0, self._at - 1)
        elif letter == "\t":
            self._at = (self._at // _TAB + 1) * _TAB
        elif letter >= " " and letter != "\x7f" and not unicodedata.combining(letter):
            wide = unicodedata.east_asian_width(letter) in "WF"
            self._write(letter, 2 if wide else 1)

    def _new_line(self) -> Iterator[str]:
        """End the line; from an upper row of a wrapped one it only leads to the next."""
        if self._at // self.columns < (len(self._cells) - 1) // self.columns:
            self._at += self.columns
            return
        yield self.line
        self._cells, self._at = [], 0

    def _row_start(self) -> int:
        """Return where the cursor's row begins; a full row is left by its next letter only."""
        row, column = divmod(self._at, self.columns)
        just_filled = column == 0 and row > 0 and self._at == len(self._cells)
        return (row - 1 if just_filled else row) * self.columns

    def _write(self, text: str, width: int = 1) -> None:
        """Write text over what stands at the cursor; a wide letter takes two cells."""
        count = len(text) * width
        if self._taken or self._at + count > _LONGEST_LINE:
            return
        self._reach(self._at)
        cells = list(text) if width == 1 else [text, ""]
        self._cells[self._at : self._at + count] = cells
        self._at += count

    def _reach(self, length: int) -> None:
        self._cells.extend("\0" * (length - len(self._cells)))

    def _obey(self, verb: str, arguments: str) -> None:
        if verb in "hl" and arguments in _WHOLE_SCREEN:
            self._taken, self._cells, self._at = verb == "h", [], 0
        if self._taken or not verb or not re.fullmatch(r"[0-9;]*", arguments):
            return
        first = arguments.partition(";")[0]
        self._move(verb, int(first or 0)) if verb in "ABCDG" else self._edit(verb, int(first or 0))

    def _move(self, verb: str, count: int) -> None:
        steps = max(1, count)
        here = self._at % self.columns
        to = {
            "A": self._at - steps * self.columns,
            "B": self._at + steps * self.columns,
            "C": self._at + steps,
            "D": self._at - steps,
            "G": self._at - here + steps - 1,
        }[verb]
        self._at = min(max(0, to), _LONGEST_LINE)

    def _edit(self, verb: str, count: int) -> None:
        if verb in "P@":
            self._shift(max(1, count), insert=verb == "@")
        elif verb in "JK":
            self._erase(verb, count)
        elif verb == "H":
            self._cells, self._at = [], 0  # the screen was cleared, as Ctrl+L does

    def _shift(self, count: int, *, insert: bool) -> None:
        """Insert blanks at the cursor, or delete letters; rows below stay as they are."""
        self._reach(self._at)
        end = (self._at // self.columns + 1) * self.columns
        row, below = self._cells[self._at : end], self._cells[end:]
        row = [" "] * min(count, self.columns) + row if insert else row[count:]
        row = row[: end - self._at]
        gap = ["\0"] * (end - self._at - len(row)) if below else []
        self._cells[self._at :] = [*row, *gap, *below]

    def _erase(self, verb: str, count: int) -> None:
        end = len(self._cells)
        if verb == "K":
            end = min(end, (self._at // self.columns + 1) * self.columns)
        start = self._at if count == 0 else 0
        stop = end if count in (0, 2) else self._at
        self._cells[start:stop] = "\0" * (stop - start) if stop > start else []
        while self._cells and self._cells[-1] == "\0":
            del self._cells[-1]
