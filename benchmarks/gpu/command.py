"""`python -m benchmarks gpu [--minutes N] [--fresh] [--rows NAME …]`."""

import argparse
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.gpu.all_rows import ROWS
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.running import Record, Say, about, run_rows
from benchmarks.gpu.showing import markdown
from benchmarks.results import FOLDER, write

_ROOT = Path(__file__).resolve().parents[2]
_MINUTES = 12.0


def main(arguments: Sequence[str], say: Say) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks gpu", description=__doc__)
    parser.add_argument("--minutes", type=float, default=_MINUTES, help="for all rows together")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run measured")
    parser.add_argument("--rows", nargs="+", metavar="NAME", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for the results")
    parser.add_argument("--together", action="store_true", help="all rows in this process")
    asked = parser.parse_args(arguments)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = "gpu" if device.type == "cuda" else "gpu_small"
    lines = asked.folder / f"{name}.jsonl"
    record = Record.open(lines, about(device, code_version()), fresh=asked.fresh)
    say(_beginning(device, record))
    rows = [ROWS[name] for name in asked.rows]
    with tempfile.TemporaryDirectory(prefix="mint-gpu-") as folder:
        bench = Bench(device, Path(folder))
        bench.items()  # drawn once, outside of any row's share
        try:
            run_rows(rows, bench, record, asked.minutes, say, apart=not asked.together)
        finally:
            found = markdown(list(ROWS.values()), record.figures)
            facts = {**record.about, "published_size": bench.full, "rows": dict(record.figures)}
            path = write(name, facts, None, asked.folder)
            path.with_suffix(".md").write_text("\n".join(found) + "\n")
            say(
                "\n".join(
                    ["", *found, "", f"written to {path}, {path.with_suffix('.md')}, {lines}"]
                )
            )
    return 0


def code_version() -> str:
    """Changes with the code that is measured: a hash of the model's files and of these."""
    files = [
        path
        for folder in (
            "modelops/predictors",
            "modelops/explaining",
            "modelops/learning",
            "benchmarks",
        )
        for path in sorted((_ROOT / folder).rglob("*.py"))
    ]
    content = b"".join(path.read_bytes() for path in files)
    return hashlib.sha256(content).hexdigest()[:12]


def _beginning(device: torch.device, record: Record) -> str:
    where = (
        "on the GPU" if device.type == "cuda" else "no GPU: every row in small, on the processor"
    )
    if record.continued:
        done = ", ".join(sorted(record.done)) or "none"
        return (
            f"{where}; goes on with {record.path}, measured before: {done} (--fresh forgets them)"
        )
    return f"{where}; starts over in {record.path}"
