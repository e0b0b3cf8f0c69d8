"""An OpenStack of dictionaries: it answers over HTTP, through guests that start no program."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from testbed.guest import Command, NothingAnswers, Result, Script

VIP = "10.0.10.250"
PLACES = {
    "identity": (5000, "/v3"),
    "image": (9292, ""),
    "placement": (8778, ""),
    "compute": (8774, "/v2.1"),
    "network": (9696, ""),
    "volumev3": (8776, "/v3"),
}
SERVICE_OF = {port: name for name, (port, _) in PLACES.items()}
COLLECTIONS = {
    "application_credentials": "application_credential",
    "flavors": "flavor",
    "floatingips": "floatingip",
    "images": "image",
    "networks": "network",
    "ports": "port",
    "projects": "project",
    "resource_providers": "resource_provider",
    "roles": "role",
    "routers": "router",
    "security_groups": "security_group",
    "security_group_rules": "security_group_rule",
    "servers": "server",
    "subnets": "subnet",
    "users": "user",
    "volumes": "volume",
}


@dataclass
class FakeOpenStack:
    """What it keeps, by collection; what was asked of it; what fails, by a part of the request."""

    things: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=lambda: {"admin": "admins"})
    roles: set[tuple[str, str, str]] = field(
        default_factory=lambda: {("id-admin", "id-admin", "r0")}  # project, user, role
    )
    quotas: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)  # service, project
    credentials: dict[tuple[str, str], str] = field(default_factory=dict)  # by user and name
    requests: list[str] = field(default_factory=list)
    fails: dict[str, list[int]] = field(default_factory=dict)  # statuses to answer with, in order
    forgets: dict[str, list[int]] = field(default_factory=dict)  # does it, and answers so
    silent: set[int] = field(default_factory=set)  # ports that nobody listens at
    becomes: str = "ACTIVE"  # what a server is once it was looked at
    reports: dict[str, Any] = field(default_factory=dict)  # answers of their own, by path
    commands: list[str] = field(default_factory=list)
    sent: bytes = b""
    proven: bool = False

    def __post_init__(self) -> None:
        self.things["roles"] = [{"id": "r1", "name": "member", "domain_id": None}]
        self.things["security_groups"] = []

    def made(self, collection: str) -> list[str]:
        return [each.get("name", "") for each in self.things.get(collection, [])]


@dataclass
class Guest:
    """A machine that reaches the VIP and runs what little is run in it."""

    name: str
    cloud: FakeOpenStack
    answers: dict[str, Result] = field(default_factory=dict)  # to commands with these words

    @contextmanager
    def dial(self, host: str, port: int, *, timeout: float = 30.0) -> Iterator[socket.socket]:
        if port in self.cloud.silent:
            raise NothingAnswers(f"{self.name}: nothing answers at {host}:{port}", why="refused")
        ours, theirs = socket.socketpair()
        ours.settimeout(timeout)
        threading.Thread(target=serve, args=(theirs, host, port, self.cloud), daemon=True).start()
        with ours:
            yield ours

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        text = command.text if isinstance(command, Script) else " ".join(command.argv)
        self.cloud.commands.append(f"{self.name}: {text}")
        for words, result in self.answers.items():
            if words in text:
                return result
        if text.startswith("curl"):
            self.cloud.sent = stdin
            image = re.findall(r"/v2/images/([^/]+)/file", text)[0]
            _by_id(self.cloud.things["images"], image)["status"] = "active"
        if text.startswith("cmp"):
            return Result(0 if self.cloud.proven else 1, "", "", 0.1)
        if text.startswith("install"):
            self.cloud.proven = True
        return Result(0, "", "", 0.1)


def serve(line: socket.socket, host: str, port: int, cloud: FakeOpenStack) -> None:
    with line:
        _Handler(line, (host, port), cloud)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def _any(self) -> None:
        cloud: FakeOpenStack = self.server
        host, port = self.client_address
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path)
        cloud.requests.append(f"{self.command} {port}{self.path}")
        request = f"{self.command} {port}{path.path}"
        trouble = _trouble(cloud.fails, request)
        status, told = trouble or _answer(
            cloud, self, host, port, path.path, dict(parse_qsl(path.query)), body
        )
        if not trouble:
            status, told = _trouble(cloud.forgets, request) or (status, told)
        data = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if path.path.endswith("/auth/tokens"):
            self.send_header("X-Subject-Token", f"token-{status}")
        self.end_headers()
        if data:
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = _any

    def log_message(self, *_: object) -> None:
        pass


def _trouble(troubles: dict[str, list[int]], request: str) -> tuple[int, Any] | None:
    """Return the next trouble with a request, None where there is none."""
    for words, statuses in troubles.items():
        if words in request and statuses:
            return statuses.pop(0), {"error": {"message": "it failed"}}
    return None


def _answer(
    cloud: FakeOpenStack,
    asked: Any,
    host: str,
    port: int,
    path: str,
    query: dict[str, str],
    body: bytes,
) -> tuple[int, Any]:
    if host != VIP:
        return 200, b"proof\n"
    if path == "/":
        return 300, {"versions": []}
    if path in ("/v3", "/v3/") and port == PLACES["identity"][0]:
        links = [{"rel": "self", "href": f"http://{VIP}:{port}/v3/"}]
        return 200, {"version": {"id": "v3.14", "status": "stable", "links": links}}
    if path in cloud.reports:
        return 200, cloud.reports[path]
    values = json.loads(body) if body else {}
    if path == "/v3/auth/tokens":
        return _token(cloud, values)
    if asked.headers["X-Auth-Token"] != "token-201":
        return 401, {"error": {"message": "no token"}}
    return _thing(cloud, asked.command, SERVICE_OF[port], path, query, values)


def _token(cloud: FakeOpenStack, values: Any) -> tuple[int, Any]:
    who = _who(cloud, values["auth"])
    if who is None:
        return 401, {"error": {"message": "The request you have made requires authentication."}}
    user, project = who
    catalog = [
        {
            "type": kind,
            "endpoints": [
                {"interface": "admin", "region": "RegionOne", "url": "http://192.0.2.1"},
                {
                    "interface": "public",
                    "region": "RegionOne",
                    "url": f"http://{VIP}:{port}{path}",
                },
            ],
        }
        for kind, (port, path) in PLACES.items()
    ]
    if not any(g["project_id"] == f"id-{project}" for g in cloud.things["security_groups"]):
        group = {"id": f"sg-{project}", "name": "default", "project_id": f"id-{project}"}
        cloud.things["security_groups"].append(group)
    domain = {"domain": {"id": "default", "name": "Default"}}
    own = {
        "user": {"id": f"id-{user}", "name": user, **domain},
        "project": {"id": f"id-{project}", "name": project, **domain},
        "expires_at": "2099-01-01T00:00:00.000000Z",
        "issued_at": "2026-01-01T00:00:00.000000Z",
    }
    return 201, {"token": {**own, "catalog": catalog}}


def _who(cloud: FakeOpenStack, auth: Any) -> tuple[str, str] | None:
    """Return user and project of a log-in, or None where it is refused."""
    default = {"name": "Default"}
    if auth["identity"]["methods"] == ["application_credential"]:
        asked = auth["identity"]["application_credential"]
        user = asked["user"]
        assert user["domain"] == default and "scope" not in auth
        known = cloud.credentials.get((user["name"], asked["name"])) == asked["secret"]
        return (user["name"], "club") if known else None
    user = auth["identity"]["password"]["user"]
    assert user["domain"] == auth["scope"]["project"]["domain"] == default
    project = auth["scope"]["project"]["name"]
    known = cloud.passwords.get(user["name"]) == user["password"]
    may = {(f"id-{project}", f"id-{user['name']}")} & {given[:2] for given in cloud.roles}
    return (user["name"], project) if known and may else None


def _thing(
    cloud: FakeOpenStack,
    verb: str,
    service: str,
    path: str,
    query: dict[str, str],
    values: Any,
) -> tuple[int, Any]:
    words = path.removesuffix("/detail").split("/")
    if verb == "PUT" and words[-1] == "add_router_interface":
        _network = _by_id(cloud.things["subnets"], values["subnet_id"])["network_id"]
        port = {"id": "p-router", "device_id": words[-2], "network_id": _network}
        cloud.things.setdefault("ports", []).append(port)
        return 200, {}
    if verb == "PUT" and words[-2] == "roles":
        cloud.roles.add((words[-5], words[-3], words[-1]))
        return 204, b""
    if verb == "PUT" and words[-2] in ("os-quota-sets", "quotas"):
        cloud.quotas.setdefault((service, words[-1]), {}).update(*values.values())
        return 200, values
    for place in (-1, -2):
        name = words[place].replace("-", "_") if len(words) > 1 else ""
        if name in COLLECTIONS:
            found = cloud.things.setdefault(name, [])
            one = None if place == -1 else words[-1]
            return _collection(cloud, verb, name, found, one, query, values)
    return 404, {"error": {"message": f"no such path: {path}"}}


def _collection(
    cloud: FakeOpenStack,
    verb: str,
    name: str,
    found: list[dict[str, Any]],
    one: str | None,
    query: dict[str, str],
    values: Any,
) -> tuple[int, Any]:
    kind = COLLECTIONS[name]
    if verb == "POST":
        return _make(cloud, name, found, values if name == "images" else values[kind])
    if one is None:
        exact = {k: v for k, v in query.items() if not v.startswith("^")}
        return 200, {name: [e for e in found if all(e.get(k, v) == v for k, v in exact.items())]}
    thing = _by_id(found, one)
    if not thing:
        return 404, {"itemNotFound": {"message": f"{one} could not be found", "code": 404}}
    if verb == "DELETE":
        found.remove(thing)
        return 204, b""
    if name == "servers":
        thing["status"] = cloud.becomes
    if name == "volumes":
        thing |= {"status": "available", "bootable": "true"}
    return 200, {kind: thing}


def _make(
    cloud: FakeOpenStack, name: str, found: list[dict[str, Any]], values: Any
) -> tuple[int, Any]:
    label = values.get("name", len(found))
    thing = {"id": f"id-{label}", **values}
    if name == "security_group_rules":
        if values in [{k: v for k, v in each.items() if k != "id"} for each in found]:
            return 409, {"NeutronError": {"message": "Security group rule already exists."}}
        thing["id"] = f"rule-{len(found)}"
    if name == "users":
        cloud.passwords[values["name"]] = values["password"]
    if name == "images":
        thing["status"] = "queued"
    if name in ("servers", "volumes"):
        thing |= {"status": "BUILD", "addresses": {}}
    if name == "servers":
        port = {"id": "p-server", "device_id": thing["id"], "network_id": "id-club"}
        cloud.things.setdefault("ports", []).append(port)
    if name == "floatingips":
        thing["floating_ip_address"] = "10.0.40.2"
    found.append(thing)
    return 201, thing if name == "images" else {COLLECTIONS[name]: thing}


def _by_id(found: list[dict[str, Any]], one: str) -> dict[str, Any]:
    return next((each for each in found if each["id"] == one), {})
