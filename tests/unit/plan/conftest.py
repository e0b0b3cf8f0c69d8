import sys
from pathlib import Path

# The strategy for topologies is shared with the tests of render.
sys.path.append(str(Path(__file__).parents[2] / "integration" / "render"))
