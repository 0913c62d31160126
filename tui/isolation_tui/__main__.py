"""``python -m isolation_tui``: the same as the command ``isolation-tui``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
