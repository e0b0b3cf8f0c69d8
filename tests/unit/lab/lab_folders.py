"""A lab's folder for tests: the sound one that the bad labs of the golden tests start from."""

import shutil
from pathlib import Path

from testbed.lab.lint import accept

BASE = Path(__file__).parents[2] / "golden/labs/base/sample-lab"


def sample_lab(folder: Path) -> Path:
    """Return a copy of the sound lab, with its translations accepted."""
    lab = folder / BASE.name
    shutil.copytree(BASE, lab)
    accept(lab)
    return lab
