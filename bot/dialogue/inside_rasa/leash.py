"""Die with the service that started us, in whatever way it dies. Imports nothing, so it holds at
once.

1. The kernel kills us when the thread that started us ends. 2. If the service was gone before that
was agreed, we see another parent. 3. When the service's end of our stdin closes, we end.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from typing import TextIO

PR_SET_PDEATHSIG = 1


def hold(parent: int, stdin: TextIO) -> str:
    """Take the leash and return the first line on stdin: the settings."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the service that started this engine is gone")
    line = stdin.readline()
    threading.Thread(target=_end_with, args=(stdin,), name="leash", daemon=True).start()
    return line


def _end_with(stdin: TextIO) -> None:
    while stdin.readline():
        pass
    os._exit(0)
