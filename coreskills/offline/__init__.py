"""Offline models: deterministic stand-ins that say what they are.

One BLAS thread is asked for before numpy loads: a sentence is too small to share between cores, a server has a thread
per request anyway, and sums then have one order, so a vector is the same in every process.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
