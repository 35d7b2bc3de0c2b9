"""`python -m workbench.demo.pictures`: make the demo's pictures, in some minutes."""

import argparse
import os
from pathlib import Path

from .make import write_pictures
from .shipped import FOLDER


def _say(done: int, total: int) -> None:
    print(f"{done} of {total} pictures", flush=True)


def main() -> None:
    """Renders all pictures and writes them where the project ships them, or elsewhere."""
    parser = argparse.ArgumentParser("python -m workbench.demo.pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="DIR")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    write_pictures(asked.out, asked.processes, _say)


if __name__ == "__main__":
    main()
