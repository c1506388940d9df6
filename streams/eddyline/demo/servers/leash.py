"""Become another program that dies with its parent: ``python leash.py PARENT_PID PROGRAM ARGUMENTS...``.

A server must not outlive a test run that was killed. Linux can promise that (``PR_SET_PDEATHSIG``), but only the child
can ask for it, and Python code between fork and exec is not safe in a process with threads. Hence this program.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Replace this process by ``command``, to be killed when the thread of ``parent`` that started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent ended before its child was on the leash")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
