"""The recorded contract of the programs the provider runs."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

CONTRACT = yaml.safe_load(Path(__file__).with_name("contract.yaml").read_text())


class Undocumented(AssertionError):
    """A command that no page of the contract knows."""


def entry(*words: str) -> dict[str, Any]:
    """Return what the contract says of a command."""
    return next(each for each in CONTRACT["commands"] if each["words"] == list(words))


def parse(argv: Sequence[str]) -> tuple[tuple[str, ...], list[str], dict[str, str]]:
    """Return a command's words, arguments and flags; raises `Undocumented`."""
    words = [PurePosixPath(argv[0]).name, *argv[1:]]
    for known in CONTRACT["commands"]:
        count = len(known["words"])
        if words[:count] == known["words"]:
            arguments, flags = _rest(words[count:], known)
            if len(arguments) != known["arguments"]:
                raise Undocumented(f"{words}: it takes {known['arguments']} arguments")
            return tuple(known["words"]), arguments, flags
    raise Undocumented(f"{words} is in no page of the contract")


def _rest(words: list[str], known: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    arguments: list[str] = []
    flags: dict[str, str] = {}
    left = list(words)
    while left:
        word, _, value = left.pop(0).partition("=")
        if not word.startswith("-"):
            arguments.append(word)
        elif word not in known["flags"]:
            raise Undocumented(f"{known['words']}: {word} is not documented")
        else:
            flags[word] = value or (left.pop(0) if known["flags"][word] else "")
    return arguments, flags


def check_mon(prefix: str, arguments: Sequence[str]) -> None:
    """Raise `Undocumented` where the monitors do not know the command or an argument."""
    known = CONTRACT["monitors"].get(prefix)
    if known is None or not set(arguments) <= set(known["arguments"]):
        raise Undocumented(f"{prefix} {sorted(arguments)} is in no page of the contract")
