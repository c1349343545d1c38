"""The process of `guarded`: ``python -m shiftfire.inputs.worker READER TARGET FILE ...``."""

from __future__ import annotations

import sys
from pathlib import Path

from ..errors import InputError
from . import aedat4, nir_file
from .guarded import MEMORY_BYTES, REFUSED, SECONDS, write_read
from .limits import MAX_INPUT_BYTES

READERS = {"aedat4": aedat4.decode, "nir": nir_file.decode}


def limit() -> None:
    """Bound memory, processor time and the file that is written, where the system can."""
    try:
        import resource
    except ImportError:  # not a Unix: the parent's time limit is left
        return
    for what, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 2 * MAX_INPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        most = resource.getrlimit(what)[1]
        resource.setrlimit(what, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def main() -> None:
    reader, target, *arguments = sys.argv[1:]
    limit()
    try:
        write_read(Path(target), READERS[reader](*arguments))
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(REFUSED)
    except MemoryError:
        print("it takes more than a gibibyte of memory", file=sys.stderr)
        sys.exit(1)
    except Exception as error:  # of a library, about the file
        print(f"{type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
