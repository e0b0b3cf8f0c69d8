"""Questions to OpenStack's APIs, sent by a machine that reaches them, with one token for all.

No client of OpenStack runs for them: in an emulated machine each would take as long to start as
the question to be answered many times.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from testbed.errors import GuestError
from testbed.guest import TalkingGuest
from testbed.probe.cloud.http import Reply, call

IDENTITY, IMAGE, COMPUTE = "identity", "image", "compute"
NETWORK, VOLUME, PLACEMENT = "network", "volumev3", "placement"
DOMAIN = "Default"
_PATIENCE = 60.0  # seconds; the first question to a service is the one it loads its code for


class CloudRefused(GuestError):
    """OpenStack answered a question with an error, whose HTTP status is `status`."""

    def __init__(self, what: str, *, why: str, status: int, next_step: str = "") -> None:
        super().__init__(what, why=why, next_step=next_step)
        self.status = status


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks: a user with a password, in a project."""

    user: str
    password: str = field(repr=False)
    project: str


@dataclass(frozen=True, slots=True)
class Api:
    """OpenStack's APIs as one user sees them, at the places their catalogue gives."""

    guest: TalkingGuest
    token: str = field(repr=False)
    user: str  # its id
    project: str  # its id
    places: Mapping[str, str]  # address by type of service
    patience: float = _PATIENCE  # seconds for each wait

    def ask(self, method: str, service: str, path: str, body: Any = None) -> Reply:
        """Return the answer, whatever its status; `path` continues the service's address."""
        if service not in self.places:
            raise CloudRefused(
                f"OpenStack's catalogue has no service of the type '{service}'",
                why=f"it has: {', '.join(self.places) or 'none'}",
                status=404,
            )
        headers = {"X-Auth-Token": self.token, "Accept": "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        url = f"{self.places[service]}{path}"
        return call(self.guest, method, url, headers=headers, body=data, timeout=self.patience)

    def must(self, method: str, service: str, path: str, body: Any = None) -> Any:
        """Return the answer's values; raises `CloudRefused` where it is an error."""
        reply = self.ask(method, service, path, body)
        if not reply.ok:
            raise refusal(f"{method} {service} {path.partition('?')[0]}", reply)
        return reply.json()

    def get(self, service: str, path: str) -> Any:
        """Return what is found there; raises `CloudRefused`."""
        return self.must("GET", service, path)


def log_in(guest: TalkingGuest, address: str, login: Login, *, patience: float = _PATIENCE) -> Api:
    """Return the APIs for a user, from keystone's own address, such as http://10.0.10.250:5000/v3.

    `patience` is how many seconds to wait for it, and for every answer later.
    Raises `CloudRefused` where keystone refuses, and `NothingAnswers` where it is silent.
    """
    body = json.dumps(_password(login)).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    url = f"{address}/auth/tokens"
    reply = call(guest, "POST", url, headers=headers, body=body, timeout=patience)
    if not reply.ok:
        raise refusal(f"a token for '{login.user}' in project '{login.project}'", reply)
    told = reply.json()["token"]
    return Api(
        guest=guest,
        token=reply.headers["x-subject-token"],
        user=told["user"]["id"],
        project=told["project"]["id"],
        places=places(told["catalog"]),
        patience=patience,
    )


def _password(login: Login) -> Any:
    user = {"name": login.user, "domain": {"name": DOMAIN}, "password": login.password}
    return {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": login.project, "domain": {"name": DOMAIN}}},
        }
    }


def places(catalog: Any) -> Mapping[str, str]:
    """Return the public address of each type of service in a catalogue."""
    return {
        service["type"]: endpoint["url"].rstrip("/")
        for service in catalog
        for endpoint in service["endpoints"]
        if endpoint["interface"] == "public"
    }


def refusal(asked: str, reply: Reply) -> CloudRefused:
    """Return the error for an answer that is one, with OpenStack's own sentence in it."""
    return CloudRefused(
        f"OpenStack refused: {asked}",
        why=f"{reply.status}: {sentence(reply)}",
        status=reply.status,
        next_step="see what runs with: testbed status --check",
    )


def sentence(reply: Reply) -> str:
    """Return what an error says; each service wraps it in its own way."""
    told = reply.json()
    if isinstance(told, dict):
        for part in (told, *told.values()):
            if isinstance(part, dict) and isinstance(part.get("message"), str):
                return str(part["message"])
    text = reply.body.decode(errors="replace").strip()
    return next((line for line in text.splitlines() if line.strip()), "it said nothing")[:300]
