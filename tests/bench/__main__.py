"""`make bench`: what `testbed up` costs beside a bare script, what learners and tenants wait for.

`BENCH` in the environment names one part instead of all: `up`, `labs` or `cloud`. `NAME` names
the testbed that `cloud` measures instead of raising one; what happened in it since its checkpoint
`cloud` is lost.
"""

import os

import clouds
import playing
import raising

_PARTS = {"up": raising.measure, "labs": playing.measure, "cloud": clouds.measure}

if __name__ == "__main__":
    for part in os.environ.get("BENCH", "").split() or _PARTS:
        _PARTS[part]()
