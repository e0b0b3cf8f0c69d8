"""What is true of OpenStack: looks with a deadline, and verdicts that say what was seen."""
