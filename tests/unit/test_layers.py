"""Who may import whom, and how large things may get; read from the source, nothing is run."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "testbed"
FILES = sorted(PACKAGE.rglob("*.py"))

# From low to high. A part imports its own layer's lower parts and everything below.
LAYERS = (
    ("errors", "wait", "together"),
    ("topology",),
    ("plan",),
    ("render",),
    ("run", "seed", "guest", "host", "probe"),
    ("doctor", "image", "checkpoint", "deploy", "apply"),
    ("lab",),
    ("cli",),
)
ORDER = {part: place for place, part in enumerate(part for layer in LAYERS for part in layer)}
OWNERS = {
    "libvirt": "host",
    "libvirt_qemu": "host",
    "paramiko": "guest",
    "pycdlib": "seed",
    "jinja2": "render",
    "typer": "cli",
    "rich": "cli",
    "subprocess": "run",
}
LONGEST_FILE = 300
LONGEST_FUNCTION = 40


def part_of(path: Path) -> str:
    """Return the package or module directly below `testbed` that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Yield the full name of everything a file imports, at whatever depth."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE.parent))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_down(path):
    mine = part_of(path)
    if mine == "__init__":
        return
    assert mine in ORDER, f"'{mine}' has no layer yet; give it one in {Path(__file__).name}"
    for name in imports(path):
        package, _, rest = name.partition(".")
        if package != "testbed" or not rest or rest.startswith("__"):
            continue
        theirs = rest.partition(".")[0]
        assert ORDER[theirs] <= ORDER[mine], f"{name_of(path)} must not import {name}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_library_has_one_owner(path):
    for name in imports(path):
        library = name.partition(".")[0]
        owner = OWNERS.get(library, part_of(path))
        assert owner == part_of(path), f"only '{owner}' may import {library}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_and_functions_stay_short(path):
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE, f"{name_of(path)} is too long a file"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{name_of(path)}: {node.name} has {lines} lines"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_text_is_utf_8_wherever_we_are(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            told = {keyword.arg for keyword in node.keywords}
            if node.func.attr in ("read_text", "write_text"):
                assert "encoding" in told, f"{name_of(path)}:{node.lineno}: say encoding"
