"""Importing many rows of labels: seconds, processor time and memory of the command.

`python -m workbench.local run --throw-away -- python -m benchmarks.label_rows [--rows N]
[--profile]`, or `make bench-labels`. The table has three perspectives, each with a standard
deviation, 5,000 prompts and 20 generators; `manage.py import_labels` reads it in a process of its
own.
"""

import argparse
import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from django.core.management import call_command

from benchmarks import inside
from benchmarks.machine import busy_cores
from benchmarks.results import table, write
from workbench.local.stack import ROOT

SLUG = "bench-labels"
KEYS = ("quality", "authenticity", "correspondence")
#: Seconds for 100,000 rows.
AIM = 20.0


def make_table(file: Path, rows: int) -> Path:
    """Scores of 1…5 with two decimals."""
    draw = random.Random(1)
    with file.open("w", newline="", encoding="utf-8") as target:
        lines = csv.writer(target)
        scores = [name for key in KEYS for name in (f"mos_{key}", f"sd_{key}")]
        lines.writerow(["filename", "prompt", "generator", *scores])
        for number in range(rows):
            said = [
                f"{draw.uniform(low, high):.2f}" for _key in KEYS for low, high in ((1, 5), (0, 1))
            ]
            prompt = f"a fox number {number % 5_000} in the snow, oil on canvas"
            lines.writerow([f"{number:06}.png", prompt, f"generator {number % 20}", *said])
    return file


def measure(file: Path, *, profile: bool) -> dict[str, float]:
    """One import into a new study; profile: print what takes the time."""
    call_command("migrate", verbosity=0)
    inside.owner()
    inside.study(SLUG, images=0, wanted=1)
    looked = ["-m", "cProfile", "-s", "tottime"] if profile else []
    command = [sys.executable, *looked, "manage.py", "import_labels", SLUG, str(file)]
    command += ["--source", "bench", "--mos-minimum", "1", "--mos-scale", "5"]
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    print(done.stdout[: 14_000 if profile else 300])
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mib": round(used.ru_maxrss / 1024),
    }


def main(arguments: list[str]) -> int:
    """Measures, writes results/label_rows.json, prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.label_rows", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args(arguments)
    busy = busy_cores()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(make_table(Path(folder) / "labels.csv", asked.rows), profile=asked.profile)
    path = write("label_rows", {"rows": asked.rows, "aim": AIM, **found}, busy)
    print("\n".join(table(list(found), [list(found.values())])))
    print(f"{asked.rows:,} rows. Aim for 100,000: {AIM:g} s.\nwritten to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
