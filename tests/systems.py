"""What a test needs of the operating system: marks with the reason why it is skipped elsewhere."""

import os
import sys

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="signals, links, pipes and permissions as POSIX has them")
linux = pytest.mark.skipif(sys.platform != "linux", reason="read from Linux's /proc")
