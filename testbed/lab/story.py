"""The facts of an attempt, as its timeline tells them: what happened when, and for how long."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from testbed.lab.format import Lab, Tier
from testbed.lab.format.sentinels import SequenceWriter

Event = Mapping[str, Any]
_GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Story:
    """An attempt at a lab, looked back upon; moments are in seconds since the epoch."""

    lab: Lab
    events: tuple[Event, ...]

    @property
    def started(self) -> float:
        """When the attempt began."""
        return float(self.events[0]["at"]) if self.events else 0.0

    @property
    def symptom(self) -> float | None:
        """When the first symptom was seen."""
        return min((float(e["at"]) for e in self._all("symptom.visible")), default=None)

    @property
    def origin(self) -> float:
        """The moment from which times are counted."""
        return self.started if self.symptom is None else self.symptom

    @property
    def mitigated(self) -> float | None:
        """When a check first saw that users can work again, if that held until the end.

        None, too, where they never stopped, or nothing says so before all is mended.
        """
        own = [o for o in self.lab.objectives if o.tier is Tier.MITIGATED]
        if all(o.true_before for o in own):
            return None
        return self._since({o.id for o in own})

    @property
    def recovered(self) -> float | None:
        """When a check first saw all objectives hold, if they held until the end."""
        return self._since({o.id for o in self.lab.objectives})

    @property
    def solved(self) -> bool:
        """Whether the last look found everything as it should be."""
        looks = [e for e in self.events if e["event"] in {"check", "reset"}]
        return bool(looks) and bool(looks[-1].get("solved"))

    @property
    def result(self) -> str | None:
        """How it ended: resolved, mitigated … or None where it goes on."""
        ends = [str(e.get("result")) for e in self._all("finished")]
        return ends[-1] if ends else None

    @property
    def may_be_told(self) -> bool:
        """Whether looking back gives nothing away any more."""
        return self.solved or self.result is not None

    @property
    def writer(self) -> tuple[float, int] | None:
        """The longest outage a client saw, and the acknowledged writes that are gone."""
        ends = [e for e in self._all("finished") if e.get("result") != _GIVEN_UP]
        guarded = (self.lab.sentinels.get(s) for g in self.lab.safeguards for s in g.sentinels)
        if not ends or not any(isinstance(each, SequenceWriter) for each in guarded):
            return None  # nobody has read back what one wrote that no safeguard is about
        return float(ends[-1].get("outage", 0)), int(ends[-1].get("lost_writes", 0))

    @property
    def symptoms(self) -> tuple[str, ...]:
        """The probes whose failing was seen, in order."""
        return tuple(dict.fromkeys(str(e.get("symptom")) for e in self._all("symptom.visible")))

    @property
    def violated(self) -> tuple[str, ...]:
        """The safeguards that were found broken at some time."""
        return tuple(
            dict.fromkeys(str(e.get("safeguard")) for e in self._all("safeguard.violated"))
        )

    def count(self, kind: str) -> int:
        """Return how many events of a kind there were."""
        return len(tuple(self._all(kind)))

    def _all(self, kind: str) -> Iterator[Event]:
        return (event for event in self.events if event["event"] == kind)

    def _since(self, ids: set[str]) -> float | None:
        since: float | None = None
        for event in self.events:
            if event["event"] == "check":
                holds = ids <= set(event.get("holding", ()))
                since = (since or float(event["at"])) if holds else None
            elif event["event"] == "reset":
                since = None
        return since
