"""Files in a lab's folder, which is where its author wants it: it may be nobody's to write."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.errors import CannotWrite


@contextmanager
def writing(what: str, folder: Path) -> Iterator[None]:
    """Turn a refusal of the kernel inside the block into a `CannotWrite` about `what`."""
    try:
        yield
    except OSError as error:
        raise CannotWrite(
            f"{what} cannot be written to '{folder}'",
            why=error.strerror or str(error),
            next_step=f"see who may write there, and how full it is: ls -ld {folder}; df {folder}",
        ) from error
