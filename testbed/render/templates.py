"""The templates: a value that is missing is an error, and XML is escaped."""

from pathlib import Path

import jinja2

_RENDER = Path(__file__).parent
_PACKAGE = _RENDER.parent


def _guest_files() -> Path:
    """Return the folder of files that end up in machines: in the package, or in the checkout."""
    packaged = _PACKAGE / "cloud-init"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "cloud-init"


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader([_RENDER, _guest_files()]),
    undefined=jinja2.StrictUndefined,
    autoescape=jinja2.select_autoescape(enabled_extensions=("xml", "xml.j2")),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def fill(template: str, **values: object) -> str:
    """Return a template's text with values in their places; raises where one is missing."""
    return _TEMPLATES.get_template(template).render(values)
