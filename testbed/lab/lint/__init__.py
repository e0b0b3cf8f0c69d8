"""What is wrong with a lab's folder, all of it at once, before anything is started."""

from testbed.lab.lint.whole import accept, hindering, problems

__all__ = ["accept", "hindering", "problems"]
