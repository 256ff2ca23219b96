"""What a test changes in Python itself for the processes that it starts: this folder is on their PYTHONPATH.

Python imports a module of this name before anything else.
"""

import os

if "STRIATE_TEST_WITHOUT_POSIX" in os.environ:
    import without_posix  # noqa: F401
if "STRIATE_TEST_AS_IF" in os.environ:
    import as_if  # noqa: F401
