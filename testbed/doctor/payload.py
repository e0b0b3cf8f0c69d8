"""Guest code to prove an accelerator with: a boot sector of ours, and kernels found on the host."""

import os
from collections.abc import Iterator
from pathlib import Path

EXIT_PORT = 0xF4
_ANSWER = 0x2A
EXIT_STATUS = _ANSWER << 1 | 1  # how QEMU's isa-debug-exit turns the byte into an exit status

_SECTOR_BYTES = 512
_CODE = bytes(
    (
        *(0xB0, _ANSWER),  # mov al, answer
        *(0xE6, EXIT_PORT),  # out port, al
        0xF4,  # hlt
        *(0xEB, 0xFD),  # jmp to hlt
    )
)


def boot_sector() -> bytes:
    """Return a boot sector that ends QEMU with `EXIT_STATUS` as soon as a CPU runs it."""
    return _CODE.ljust(_SECTOR_BYTES - 2, b"\0") + b"\x55\xaa"


def find_kernel(cache: Path, boot: Path = Path("/boot")) -> Path | None:
    """Return a Linux kernel this user can read: an image's own, else the host's, else None."""
    return next(_kernels(cache, boot), None)


def _kernels(cache: Path, boot: Path) -> Iterator[Path]:
    for found in (cache.glob("images/[!.]*/kernel"), boot.glob("vmlinuz-*")):
        for kernel in sorted(found, reverse=True):
            if kernel.is_file() and os.access(kernel, os.R_OK):
                yield kernel
