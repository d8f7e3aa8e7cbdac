"""The end of a process whose work was interrupted.

Interrupted work ends at its next pass or rows, out of sight. What has not ended when the interpreter does would run on in a process that
is being taken apart: it is given half a second, then the process ends as it stands, with the exit code of an interrupt.
"""

import atexit
import os
import sys
import time

from . import _native

PATIENCE = 0.5


@atexit.register
def _end_abandoned():
    # Functions that are registered later run first: by now temporary folders are gone.
    end = time.monotonic() + PATIENCE
    while _native.abandoned_jobs():
        if time.monotonic() > end:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(130)
        time.sleep(0.01)
