"""What is true of Ceph: looks with a deadline, and verdicts that say what was seen."""
