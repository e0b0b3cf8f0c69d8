"""The seed ISO, read back with the library that wrote it."""

import io

import pycdlib
import pytest

from testbed.seed import seed_iso

FILES = {
    "user-data": "#cloud-config\nhostname: node1\n",
    "meta-data": "instance-id: 1\n",
    "network-config": "version: 2\n# 한국어\n",
}


def read_back(image: bytes, kind: str) -> dict[str, str]:
    """Return name → text of an image's files, by the names of one of its two trees."""
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(image))
    files = {}
    for name in FILES:
        text = io.BytesIO()
        iso.get_file_from_iso_fp(text, **{f"{kind}_path": f"/{name}"})
        files[name] = text.getvalue().decode()
    iso.close()
    return files


@pytest.mark.parametrize("kind", ["rr", "joliet"])
def test_files_are_read_back_under_their_names(kind: str) -> None:
    assert read_back(seed_iso(FILES), kind) == FILES


def test_cloud_init_finds_the_image_by_its_label() -> None:
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(seed_iso(FILES)))
    assert iso.pvd.volume_identifier.strip() == b"CIDATA"
    iso.close()
