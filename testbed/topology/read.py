"""A topology file → `Topology`, or every problem of the file at once."""

import shlex
from pathlib import Path

from testbed.errors import Problem, TestbedError, TopologyError
from testbed.topology import rules, shape
from testbed.topology.document import WHOLE_FILE, Document, parse
from testbed.topology.models import Topology

_LARGEST = 256 * 1024  # bytes; a topology of a hundred machines has about 20 KiB


class UnreadableTopology(TestbedError):
    """There is no such topology, or its file cannot be read as text."""

    exit_code = TopologyError.exit_code


def read_file(path: Path) -> Topology:
    """Return the topology a file describes.

    Raises `UnreadableTopology` where there is no such text file, and `TopologyError`, with
    every problem, where the file does not describe a testbed that can be built.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise _too_large(str(path))
        text = data.decode("utf-8-sig")
    except IsADirectoryError as error:
        raise UnreadableTopology(
            f"'{path}' is a directory, not a topology file",
            next_step="name a file in it, as in: "
            f"testbed validate {shlex.quote(str(path / 'mylab.yaml'))}",
        ) from error
    except UnicodeDecodeError as error:
        raise UnreadableTopology(
            f"'{path}' is not a text file in UTF-8",
            why=f"byte {error.start + 1} of it is not UTF-8",
            next_step="save it as UTF-8 in your editor, then run the command again",
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise UnreadableTopology(
            f"cannot read the topology file '{path}'",
            why=str(getattr(error, "strerror", None) or error),
            next_step="check the path; see a topology that works with: testbed validate aolda",
        ) from error
    return read(text, str(path))


def read(text: str, source: str) -> Topology:
    """Return the topology the text describes; `source` is the name used in messages.

    In a problem's `where`, entries of lists are counted from 1. Raises `TopologyError` with
    every problem, in the order of lines.
    """
    if len(text) > _LARGEST:
        raise _too_large(source)
    document = parse(text, source)
    topology = shape.build(document.data)
    if isinstance(topology, Topology):
        found = (*document.problems, *rules.check(topology))
    else:
        found = (*document.problems, *topology)
    if found or not isinstance(topology, Topology):
        raise TopologyError(source, _with_lines(found, document))
    return topology


def _too_large(source: str) -> TopologyError:
    what = f"the file is larger than {_LARGEST // 1024} KiB"
    hint = "write a smaller file; a testbed has some tens of machines at most"
    return TopologyError(source, [Problem(WHOLE_FILE, what, hint)])


def _with_lines(problems: tuple[Problem, ...], document: Document) -> list[Problem]:
    """Return the problems with their lines, sorted by line, each once."""
    placed = [
        Problem(p.where, p.what, p.hint, p.line or document.line_of(p.where)) for p in problems
    ]
    return sorted(dict.fromkeys(placed), key=lambda problem: problem.line)
