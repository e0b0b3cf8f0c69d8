"""Proves what the host can do instead of guessing it."""

from testbed.doctor.examine import Patient, examine
from testbed.doctor.finding import Finding, Verdict

__all__ = ["Finding", "Patient", "Verdict", "examine"]
