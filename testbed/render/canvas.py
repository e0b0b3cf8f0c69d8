"""A sheet of characters that grows as it is written on."""


class Canvas:
    """Rows of characters; later writing covers earlier."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = []

    def put(self, row: int, column: int, words: str) -> None:
        while len(self._rows) <= row:
            self._rows.append([])
        line = self._rows[row]
        line.extend(" " * (column + len(words) - len(line)))
        start = max(column, 0)
        line[start : column + len(words)] = words[start - column :]

    def get(self, row: int, column: int) -> str:
        """Return the character there, a space where nothing was written."""
        if row < len(self._rows) and column < len(self._rows[row]):
            return self._rows[row][column]
        return " "

    def extent(self, first: int, last: int) -> int:
        """Return the width of the widest of these rows, in columns."""
        return max((len(row) for row in self._rows[first:last]), default=0)

    def text(self, width: int) -> str:
        """Return the rows, cut to the width, without trailing spaces."""
        lines = ("".join(row).rstrip() for row in self._rows)
        cut = (line if len(line) <= width else line[: width - 1] + "…" for line in lines)
        return "\n".join(cut).rstrip() + "\n"
