"""Pages on a terminal: prose is rendered, code stays as it can be pasted."""

import re

from testbed.cli.lab.paper import page, parts

TEXT = """\
# Title

Prose.

```sh
ls   # a comment
## no heading
```

More.

```text
one
```
```text
two
```
"""


def uncoloured(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_prose_and_code_come_in_turns_and_code_without_fences():
    assert list(parts(TEXT)) == [
        (False, "# Title\n\nProse.\n\n"),
        (True, "ls   # a comment\n## no heading\n"),
        (False, "\nMore.\n\n"),
        (True, "one\n"),
        (True, "two\n"),
    ]


def test_a_long_command_is_one_line_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    command = "testbed ssh router -- ping -c 3 -M do -s 8972 -i 0.2 10.0.50.12"
    page(f"Look:\n\n```sh\n{command}\n```\n")
    assert f"  {command}\n" in uncoloured(capsys.readouterr().out)


def test_headers_of_a_quoted_letter_are_lines_of_their_own(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    page("> **From** us\n> **About** it\n>\n> Hello,\n> we are lost.\n")
    shown = uncoloured(capsys.readouterr().out)
    told = [line.strip(" ▌") for line in shown.splitlines()]
    assert [line for line in told if line][:2] == ["From us", "About it"]
    assert "Hello, we are lost." in told


def test_elsewhere_it_is_printed_as_it_is(capsys):
    page(TEXT)
    assert capsys.readouterr().out == TEXT.rstrip() + "\n"
