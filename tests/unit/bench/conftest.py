"""bench/ is a folder of programs, not a part of the package: tests find it from the root of the repository."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
