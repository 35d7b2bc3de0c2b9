"""`python -m benchmarks [NAME …]`: if none is named, all but `browser`, which needs a browser.

`python -m benchmarks [imports|export|rank] --against CHECKOUT`: the rating loop, importing, the
export, or ranking, of this build and of another one, in turns.

`python -m benchmarks gpu [--minutes N]`: what a GPU does per second; needs torch, transformers,
what these require, and Pillow to read images; nothing else of the workbench.
"""

import argparse
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.machine import busy_cores, busy_warning

NAMES = (
    "rating",
    "claims",
    "console",
    "predict",
    "export",
    "opinion",
    "opinion_coverage",
    "leaderboard",
    "gate",
    "certificates",
    "live_scores",
    "learning",
    "model",
)


#: What is measured against another build, by the name that is given.
_TURNS = {
    (): "turns",
    ("imports",): "imports",
    ("export",): "export_turns",
    ("rank",): "rank",
}
#: What the GPU's benchmark needs: module and package.
_GPU_NEEDS = {"torch": "torch", "transformers": "transformers", "PIL": "pillow"}
#: What is measured against another build only.
_AGAINST_ONLY = ("imports", "rank")


def main(arguments: list[str]) -> int:
    return _gpu(arguments[1:]) if arguments[:1] == ["gpu"] else _site(arguments)


def _gpu(arguments: list[str]) -> int:
    missing = [package for name, package in _GPU_NEEDS.items() if find_spec(name) is None]
    if missing:
        _say(f"failed: this Python lacks {', '.join(missing)}; pip install {' '.join(missing)}")
        return 1
    # As in a worker (`workbench.celery`), and read when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Rows are forked: a library that looks for GPUs while it is loaded must not start CUDA.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    from benchmarks.gpu.command import main as gpu
    from workbench.local.interrupt import interrupted_by_signals

    try:
        with interrupted_by_signals():
            return gpu(arguments, _say)
    except KeyboardInterrupt:
        _say("interrupted; what was measured is kept, the next run goes on from there")
        return 130


def _site(arguments: list[str]) -> int:
    from benchmarks.site import InsideError
    from workbench.core.errors import MintError
    from workbench.demo.client import quiet
    from workbench.local.interrupt import interrupted_by_signals

    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = [*NAMES, "browser", *_AGAINST_ONLY]
    parser.add_argument("names", nargs="*", choices=[*known, []], metavar="|".join(known))
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    asked = parser.parse_args(arguments)
    turns = _TURNS.get(tuple(asked.names))
    needs_other = set(asked.names) & set(_AGAINST_ONLY)
    if (asked.against and turns is None) or (needs_other and not asked.against):
        parser.error("imports, rank or export alone is measured --against another checkout")
    quiet()
    warning = busy_warning(busy_cores())
    if warning:
        _say(f"Mind: {warning}.")
    try:
        with interrupted_by_signals():
            if asked.against:
                import_module(f"benchmarks.{turns}").run(_say, asked.against)
                return 0
            for name in asked.names or NAMES:
                _say(f"\n{name}")
                import_module(f"benchmarks.{name}").run(_say)
    except KeyboardInterrupt:
        _say("interrupted; everything has stopped")
        return 130
    except (MintError, InsideError) as error:
        _say(f"failed: {error}")
        return 1
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
