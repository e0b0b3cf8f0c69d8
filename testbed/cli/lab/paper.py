"""Pages of Markdown on the screen: rendered on a terminal, as they are everywhere else."""

import re
import sys
from collections.abc import Iterator
from itertools import groupby

import typer

_WIDEST = 100
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADER = re.compile(r"\n(?=> \*\*)")  # lines such as "> **From** …" in a quoted letter


def page(markdown: str) -> None:
    """Print Markdown. Code is printed as it is: what is copied from it can be pasted."""
    if not sys.stdout.isatty():
        typer.echo(markdown.rstrip())
        return
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.text import Text

    console = Console(highlight=False)
    for is_code, text in parts(markdown):
        if is_code:
            code = Text(f"\n{_indented(text)}\n", style="cyan")
            console.print(code, soft_wrap=True)
        elif text.strip():
            prose = Markdown(_HEADER.sub("  \n", text))
            console.print(prose, width=min(console.width, _WIDEST))


def parts(markdown: str) -> Iterator[tuple[bool, str]]:
    """Yield prose and code in turns, each with whether it is code; code without its fences."""
    from testbed.lab.texts import outside_code

    for outside, lines in groupby(outside_code(markdown), key=lambda each: each[2]):
        text = [line for _, line, _ in lines]
        if outside:
            yield False, "".join(text)
            continue
        code: list[str] = []
        for line in text:
            if _FENCE.match(line) and code:
                yield True, "".join(code)
                code = []
            elif not _FENCE.match(line):
                code.append(line)
        if code:
            yield True, "".join(code)


def _indented(code: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in code.rstrip("\n").splitlines())
