"""`make bench`: what `testbed up` costs beside a bare script, and what a learner waits for.

`BENCH` in the environment names one part instead of both: `up` or `labs`.
"""

import os

import playing
import raising

_PARTS = {"up": raising.measure, "labs": playing.measure}

if __name__ == "__main__":
    for part in os.environ.get("BENCH", "").split() or _PARTS:
        _PARTS[part]()
