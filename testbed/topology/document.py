"""YAML text → plain values, with the line each of them stands on.

Text is read as YAML 1.2 does: `yes` and `010` are not turned into something else behind
the writer's back. Anchors, aliases and `<<` are fine; a key given twice is a problem.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from testbed.errors import Problem, TopologyError
from testbed.topology.words import quoted, shown

WHOLE_FILE = "topology"  # where, for problems of the file as a whole
_MOST_VALUES = 50_000  # aliases can multiply a small file without end
_DEEPEST = 20
_TAG = "tag:yaml.org,2002:"
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,15}")
_FLOAT = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}")
_ADVICE = {
    "'\\t'": "indent with spaces, not with tabs",
    "mapping values are not allowed": "look here and one line above: keys in one column, "
    "a space after each ':', and quotes around text that holds ': '",
    "could not find expected ':'": "write a ':' and a space after the key",
    "<block end>": "keys of the same thing start in the same column; check the indentation",
    "expected ',' or '}'": "separate entries with ',' and close '{' with '}'",
    "expected ',' or ']'": "separate entries with ',' and close '[' with ']'",
    "undefined alias": "define it first with &, or put the text in quotes",
    "a single document": "a {whole} is one document; remove the line '---' and what follows",
    "quoted scalar": "close the quotes",
    "special characters": "remove the unprintable character",
}


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says: plain values, the line of each place, and keys given twice."""

    data: Any
    lines: dict[str, int]
    problems: tuple[Problem, ...]
    whole: str = WHOLE_FILE

    def line_of(self, where: str) -> int:
        """Return the line of a place, or of the nearest part around it that the file has."""
        while where and where not in self.lines:
            where = where.rpartition(".")[0]
        return self.lines.get(where or self.whole, 0)


def parse(text: str, source: str) -> Document:
    """Read a topology's text; raises `TopologyError` where it is no YAML or no plain values."""
    try:
        return load(text)
    except Unusable as refusal:
        raise TopologyError(source, [refusal.problem]) from refusal


def load(text: str, whole: str = WHOLE_FILE, loader: type[Any] = yaml.BaseLoader) -> Document:
    """Read YAML text; raises `Unusable` where it is not YAML or not plain values.

    `whole` is what the file as a whole is called, `loader` one that keeps every value text.
    """
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        raise Unusable(_syntax_problem(text, error, whole)) from error
    except RecursionError as error:
        raise Unusable(_too_deep(whole, 1)) from error
    except (ValueError, OverflowError) as error:  # an escape in quotes that is no character
        what, hint = "an escape stands for no character", "look for \\U in quoted text"
        raise Unusable(Problem(whole, what, hint)) from error
    builder = _Builder(whole)
    data = builder.value(root, "", frozenset()) if root is not None else None
    return Document(data, builder.lines, tuple(builder.problems), whole)


def inside(where: str, key: str | int) -> str:
    """Return the dotted place of a key, or of a list's entry counted from 1."""
    name = str(key + 1) if isinstance(key, int) else shown(key)
    return f"{where}.{name}" if where else name


class Unusable(Exception):
    """The document cannot become plain values at all."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


@dataclass(slots=True)
class _Builder:
    """Turns nodes into values, and keeps the lines and the keys given twice."""

    whole: str
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def value(self, node: yaml.Node, where: str, around: frozenset[int]) -> Any:
        line = _line(node)
        self.lines.setdefault(where or self.whole, line)
        self._refuse_excess(node, where or self.whole, line, around)
        around |= {id(node)}
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where, around)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.value(item, inside(where, index), around)
                for index, item in enumerate(node.value)
            ]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, where: str, around: frozenset[int]) -> Any:
        values: dict[str, Any] = {}
        merged: list[yaml.Node] = []
        for key_node, item in node.value:
            key, line = self._key(key_node, where), _line(key_node)
            if key == "<<":
                merged += item.value if isinstance(item, yaml.SequenceNode) else [item]
            elif key in values:
                self._given_twice(key, where, line)
            else:
                self.lines[inside(where, key)] = line
                values[key] = self.value(item, inside(where, key), around)
        for other in merged:
            values = self._merge(other, where, around) | values
        return values

    def _merge(self, node: yaml.Node, where: str, around: frozenset[int]) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            what, hint = "'<<' takes a mapping", "name an anchor of a mapping, as in <<: *common"
            raise Unusable(Problem(where or self.whole, what, hint, _line(node)))
        self._refuse_excess(node, where or self.whole, _line(node), around)
        known = dict(self.lines)
        values: dict[str, Any] = self._mapping(node, where, around | {id(node)})
        self.lines |= known  # what the mapping itself says stands on its own line
        return values

    def _key(self, node: yaml.Node, where: str) -> str:
        if isinstance(node, yaml.ScalarNode):
            return _safe(node.value)
        hint = "write a plain word before the ':'"
        problem = Problem(where or self.whole, "a key must be a word", hint, _line(node))
        raise Unusable(problem)

    def _given_twice(self, key: str, where: str, line: int) -> None:
        place = inside(where, key)
        what = f"the key {quoted(key)} is already on line {self.lines[place]}"
        self.problems.append(Problem(place, what, "keep one of the two", line))

    def _refuse_excess(
        self, node: yaml.Node, where: str, line: int, around: frozenset[int]
    ) -> None:
        self.count += 1
        if id(node) in around:
            raise Unusable(_endless(where or self.whole, line))
        if len(around) > _DEEPEST:
            raise Unusable(_too_deep(where, line))
        if self.count > _MOST_VALUES:
            hint = "write a smaller file; a testbed has some tens of machines at most"
            raise Unusable(Problem(self.whole, "the file holds too many values", hint, line))
        if node.tag.removeprefix(_TAG) not in {"str", "int", "float", "bool", "null", "map", "seq"}:
            what = f"the tag {quoted(node.tag)} means nothing here"
            raise Unusable(Problem(where, what, "remove the tag, or put the text in quotes", line))


def _scalar(node: yaml.Node) -> Any:
    """Return null, true, false or a number where they are written plainly, else text."""
    text: str = node.value
    if isinstance(node, yaml.ScalarNode) and node.style:
        return _safe(text)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else _safe(text)


def _safe(text: str) -> str:
    """Return the text without lone surrogates, which escapes can write and nothing can print."""
    return text.encode("utf-8", "replace").decode()


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _endless(where: str, line: int) -> Problem:
    hint = "write the values out instead of an alias"
    return Problem(where, "the alias contains itself", hint, line)


def _too_deep(where: str, line: int) -> Problem:
    return Problem(where, "the file is nested too deeply", "remove brackets or indentation", line)


def _syntax_problem(text: str, error: yaml.YAMLError, whole: str) -> Problem:
    what = "; ".join(_parts(error))
    hint = next((advice for sign, advice in _ADVICE.items() if sign in what), "")
    hint = hint.replace("{whole}", whole)
    mark = getattr(error, "problem_mark", None)
    position = getattr(error, "position", 0)
    line = mark.line + 1 if mark is not None else text.count("\n", 0, position) + 1
    began = getattr(error, "context_mark", None)
    if what.startswith("while") and began is not None and began.line + 1 != line:
        what += f"; it began on line {began.line + 1}"
    return Problem("syntax", f"this is not YAML: {what}", hint, line)


def _parts(error: yaml.YAMLError) -> Iterator[str]:
    for part in ("context", "problem", "reason"):
        if said := getattr(error, part, None):
            yield str(said)
