"""What `ssh -D` and `ssh -L` do, without SSH: it stands on the path as `ssh`.

FAKE_SSH names a file of JSON: "routes" from far to near addresses, "refuses", machines that let
nobody in, and "lasts", the seconds until it loses its machine. It ends with its input, as what the
real one runs in the machine does.
"""

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any


def install(folder: Path, settings: dict[str, Any]) -> dict[str, str]:
    """Put it into a folder; return what the environment needs to find it."""
    folder.mkdir(exist_ok=True)
    program = folder / "ssh"
    program.write_text(f"#!{sys.executable}\n{Path(__file__).read_text()}")
    program.chmod(0o755)
    (folder / "settings.json").write_text(json.dumps(settings))
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "FAKE_SSH": str(folder / "settings.json")}


def main() -> None:
    settings = json.loads(Path(os.environ["FAKE_SSH"]).read_text())
    words = sys.argv[1:]
    machine, command = words[-2:]
    assert command == "cat"
    with (Path(os.environ["FAKE_SSH"]).parent / "log").open("a") as log:
        log.write(" ".join(words) + "\n")
    if machine in settings.get("refuses", ()):
        sys.exit(f"ssh: connect to host {machine}: Connection refused")
    flag = next(word for word in words if word in ("-D", "-L"))
    host, port, *far = words[words.index(flag) + 1].split(":")
    fixed = ":".join(far) if far else None
    listening = socket.create_server((host, int(port)))
    routes = settings["routes"]
    threading.Thread(target=accept, args=(listening, fixed, routes), daemon=True).start()
    if lasts := settings.get("lasts"):
        time.sleep(lasts)
        sys.stderr.write("client_loop: send disconnect: Broken pipe\n")
        sys.stderr.flush()
        os._exit(255)
    sys.stdin.read()
    os._exit(0)


def accept(listening: socket.socket, fixed: str | None, routes: dict[str, str]) -> None:
    while True:
        line = listening.accept()[0]
        threading.Thread(target=serve, args=(line, fixed, routes), daemon=True).start()


def serve(line: socket.socket, fixed: str | None, routes: dict[str, str]) -> None:
    far = fixed
    if far is None:
        line.recv(3)
        line.sendall(b"\x05\x00")
        asked = line.recv(262)
        if asked[3:4] == b"\x01":
            host, rest = socket.inet_ntoa(asked[4:8]), asked[8:]
        else:
            host, rest = asked[5 : 5 + asked[4]].decode(), asked[5 + asked[4] :]
        far = f"{host}:{int.from_bytes(rest[:2], 'big')}"
        line.sendall(bytes((5, 0 if far in routes else 5, 0, 1, 0, 0, 0, 0, 0, 0)))
    if far not in routes:
        line.close()
        return
    host, port = routes[far].split(":")
    there = socket.create_connection((host, int(port)))
    threading.Thread(target=pour, args=(there, line), daemon=True).start()
    pour(line, there)


def pour(source: socket.socket, sink: socket.socket) -> None:
    while data := source.recv(65536):
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main()
