"""Recipe folders made on the spot."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

Write = Callable[..., Path]


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


@pytest.fixture
def write(recipes: Path) -> Write:
    """Write a Debian recipe with one packages stage and one script; keywords replace keys."""

    def write_recipe(
        called: str = "tiny", /, files: dict[str, str] | None = None, **keys: object
    ) -> Path:
        recipe: dict[str, object] = {
            "name": called,
            "kind": "debian",
            "suite": "trixie",
            "size": "1G",
            "stages": [
                {"name": "packages", "why": "To have something.", "packages": ["less"]},
                {"name": "mark", "why": "To be seen.", "script": "10-mark.sh"},
            ],
            "boot": {"kernel": "/boot/vmlinux", "initrd": "/boot/initrd", "cmdline": "quiet"},
        }
        recipe.update(keys)
        folder = recipes / called
        folder.mkdir(exist_ok=True)
        kept = {key: value for key, value in recipe.items() if value is not None}
        (folder / "recipe.yaml").write_text(yaml.safe_dump(kept, sort_keys=False))
        for file, text in {"10-mark.sh": "echo mark\n", **(files or {})}.items():
            (folder / file).write_text(text)
        return folder

    return write_recipe
