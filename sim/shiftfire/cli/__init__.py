"""Command line. Its processes use one BLAS thread unless the environment says otherwise.

Golden's matrices are small: threads gain nothing on an idle machine, and on a busy one they wait for each other and take ten times as long.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when NumPy loads
