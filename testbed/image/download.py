"""A cloud image from its URL, checked while it is read."""

import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from testbed.errors import HOST_IS_FULL, ImageError
from testbed.image.models import DownloadRecipe
from testbed.image.workshop import must_have_space
from testbed.run import must

_BLOCK = 2**20
_SILENCE = 60.0  # seconds without a byte after which the server counts as gone
_NOT_THERE = (404, 410)  # HTTP statuses; vendors remove old builds


def download(recipe: DownloadRecipe, target: Path, report: Callable[[str], None]) -> None:
    """Write the recipe's disk image to `target`.

    A proxy in the environment is used. Raises `ImageError` where the server cannot be read, the
    disk is too small, the digest is another, or the file is no self-contained qcow2 image.
    """
    try:
        # An opener of its own reads the proxy settings as they are now.
        with urllib.request.build_opener().open(recipe.url, timeout=_SILENCE) as answer:
            length = int(answer.headers.get("Content-Length") or 0)
            must_have_space(target.parent, length // 2**20 + 64, f"download '{recipe.name}'")
            found, size = _copy(answer, target, length, report)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise _failed(recipe, str(error), _advice(recipe, error)) from error
    if length and size != length:
        why = f"the server ended early: {size} of {length} bytes"
        raise _failed(recipe, why, _again(recipe))
    if found != recipe.sha256:
        why = f"its SHA-256 is {found}, the recipe says {recipe.sha256}"
        raise _failed(recipe, why, "correct url or sha256 in the recipe; nothing was kept")
    _must_be_self_contained(recipe, target)


def _copy(
    answer: IO[bytes], target: Path, length: int, report: Callable[[str], None]
) -> tuple[str, int]:
    """Write what comes to `target`; return its SHA-256 and its size in bytes."""
    digest = hashlib.sha256()
    size = 0
    step = max(length // 10, _BLOCK) if length else 64 * _BLOCK
    with target.open("wb") as file:
        while block := answer.read(_BLOCK):
            file.write(block)
            digest.update(block)
            if size // step != (size + len(block)) // step:
                report(_progress(size + len(block), length))
            size += len(block)
    return digest.hexdigest(), size


def _progress(size: int, length: int) -> str:
    total = f" of {length // 2**20}" if length else ""
    return f"downloaded {size // 2**20}{total} MiB"


def virtual_size_mib(disk: Path) -> int:
    """Return the size in MiB that the guest will see."""
    return int(_info(disk)["virtual-size"]) // 2**20


def _must_be_self_contained(recipe: DownloadRecipe, disk: Path) -> None:
    info = _info(disk)
    if info["format"] != "qcow2":
        raise _failed(recipe, f"it is a {info['format']} image, not qcow2", "correct the url")
    if "backing-filename" in info or "data-file" in info.get("format-specific", {}).get("data", {}):
        raise _failed(recipe, "it refers to another file on this host", "correct the url")


def _info(disk: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(must(["qemu-img", "info", "--output=json", str(disk)]))
    return found


def _advice(recipe: DownloadRecipe, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in HOST_IS_FULL:
        return f"free disk space, then {_again(recipe)}"
    if isinstance(error, ValueError):
        return "correct the url in the recipe"
    gone = isinstance(error, urllib.error.HTTPError) and error.code in _NOT_THERE
    if gone or recipe.url.startswith("file:"):
        return "correct the url in the recipe, and with it the sha256"
    return "check the network and the proxy settings"


def _again(recipe: DownloadRecipe) -> str:
    return f"run: testbed image build {recipe.name}"


def _failed(recipe: DownloadRecipe, why: str, next_step: str) -> ImageError:
    return ImageError(f"cannot download image '{recipe.name}'", why=why, next_step=next_step)
