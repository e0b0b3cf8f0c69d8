"""What a lab's `lab.yaml` may say: frozen parts without prose, none of which runs on the host."""

from testbed.lab.format.common import Locale, Mode, Rung, Severity, Tier
from testbed.lab.format.faults import Fault
from testbed.lab.format.lab import Hint, Lab, Objective, Safeguard, Solution, Symptom, WrongFix
from testbed.lab.format.moves import Move, Perturbation
from testbed.lab.format.probes import Probe
from testbed.lab.format.sentinels import Sentinel

__all__ = [
    "Fault",
    "Hint",
    "Lab",
    "Locale",
    "Mode",
    "Move",
    "Objective",
    "Perturbation",
    "Probe",
    "Rung",
    "Safeguard",
    "Sentinel",
    "Severity",
    "Solution",
    "Symptom",
    "Tier",
    "WrongFix",
]
