"""Run the command ``isolation-tui`` as ``python -m isolation_tui``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
