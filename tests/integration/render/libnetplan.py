"""netplan's own parser, called in its library: the program would apply what it reads."""

import ctypes
from pathlib import Path


class _Error(ctypes.Structure):
    _fields_ = [
        ("domain", ctypes.c_uint32),
        ("code", ctypes.c_int),
        ("message", ctypes.c_char_p),
    ]


def load() -> ctypes.CDLL | None:
    """Return libnetplan as Debian 12 or a later distribution names it, or None."""
    for name in ("libnetplan.so.1", "libnetplan.so.0.0"):
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for maker in ("netplan_parser_new", "netplan_state_new"):
            getattr(library, maker).restype = ctypes.c_void_p
        return library
    return None


def complaint(library: ctypes.CDLL, config: Path) -> str:
    """Return what netplan has against a file, or an empty text."""
    parser = ctypes.c_void_p(library.netplan_parser_new())
    state = ctypes.c_void_p(library.netplan_state_new())
    error = ctypes.POINTER(_Error)()
    told = ctypes.byref(error)
    fine = library.netplan_parser_load_yaml(parser, str(config).encode(), told) and (
        library.netplan_state_import_parser_results(state, parser, told)
    )
    library.netplan_state_clear(ctypes.byref(state))
    library.netplan_parser_clear(ctypes.byref(parser))
    return "" if fine else error.contents.message.decode()
