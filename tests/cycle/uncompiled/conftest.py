"""Kernels as plain Python: these tests run in a process of their own, which `tests/cycle/test_uncompiled.py` starts with NUMBA_DISABLE_JIT=1."""

import os

collect_ignore_glob = [] if os.environ.get("NUMBA_DISABLE_JIT") == "1" else ["test_*.py"]
