"""The seed of a machine: files → the ISO image cloud-init reads them from."""

import io
from collections.abc import Mapping

import pycdlib


def seed_iso(files: Mapping[str, str]) -> bytes:
    """Return a NoCloud seed image with the files in it.

    cloud-init finds the image by its volume label, which must be CIDATA.
    """
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident="CIDATA")
    for index, (name, text) in enumerate(sorted(files.items())):
        data = text.encode()
        iso.add_fp(
            io.BytesIO(data),
            len(data),
            f"/FILE{index}.;1",
            rr_name=name,
            joliet_path=f"/{name}",
        )
    image = io.BytesIO()
    iso.write_fp(image)
    iso.close()
    return image.getvalue()
