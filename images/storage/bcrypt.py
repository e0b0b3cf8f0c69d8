"""bcrypt for the manager's modules, computed in a child process.

The library's Rust part refuses to be loaded by a second subinterpreter, and a manager has one per
module: with the library itself every module but the first fails. Later releases of Ceph go the
same way round it.
"""

import subprocess


def _ask(expression, *values):
    read = "a = [bytes.fromhex(v) for v in sys.argv[1:]]"
    program = f"import sys, bcrypt; {read}; print(({expression}).hex())"
    argv = ["/usr/bin/python3", "-Ic", program, *(value.hex() for value in values)]
    done = subprocess.run(argv, capture_output=True, check=True, text=True)  # noqa: S603
    return bytes.fromhex(done.stdout.strip())


def gensalt(rounds=12, prefix=b"2b"):
    return _ask(f"bcrypt.gensalt({int(rounds)}, a[0])", prefix)


def hashpw(password, salt):
    return _ask("bcrypt.hashpw(a[0], a[1])", password, salt)


def checkpw(password, hashed):
    return _ask("bytes([bcrypt.checkpw(a[0], a[1])])", password, hashed) == b"\x01"
