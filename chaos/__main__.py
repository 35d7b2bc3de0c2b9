"""Breaks a throw-away site on purpose and says what became of its raters' answers.

python -m chaos                          every row, as in docs/reliability.md (half an hour)
python -m chaos --rows web,redis         these rows
python -m chaos --seconds 10 --raters 8  smaller
python -m chaos --write                  puts the table into docs/reliability.md
"""

import argparse
import sys
from datetime import UTC, datetime

from benchmarks.machine import busy_cores, busy_warning, machine_facts
from benchmarks.results import write
from chaos.outcome import Plan, markdown, run_rows
from chaos.registry import ROWS
from chaos.report import put_into_document
from workbench.core.errors import MintError
from workbench.demo.client import quiet
from workbench.local.interrupt import interrupted_by_signals


def main(arguments: list[str]) -> int:
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.write and set(asked.rows) != {row.name for row in ROWS}:
        parser.error("--write replaces the whole table; leave out --rows")
    plan = Plan(asked.seconds, asked.raters, asked.pause, asked.seed)
    rows = [row for row in ROWS if row.name in asked.rows]
    quiet()
    busy = busy_cores()
    if warning := busy_warning(busy):
        _say(f"Mind: {warning}.")
    try:
        with interrupted_by_signals():
            found = run_rows(rows, plan, _say)
    except KeyboardInterrupt:
        _say("interrupted; everything has stopped")
        return 130
    except MintError as error:
        _say(f"failed: {error}")
        return 1
    table = markdown(rows, found)
    _say("\n" + "\n".join(table))
    facts = {
        name: {**outcome.figures, "verdict": outcome.verdict} for name, outcome in found.items()
    }
    write("chaos", {"seed": plan.seed, "rows": facts}, busy)
    if asked.write:
        day = datetime.now(UTC).date().isoformat()
        put_into_document(table, machine_facts(), busy, plan, day)
    return int(any(outcome.broken for outcome in found.values()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    plan, names = Plan(), [row.name for row in ROWS]
    parser.add_argument("--rows", type=_names, default=names, metavar=",".join(names))
    parser.add_argument("--seconds", type=float, default=plan.seconds, help="of rating, each row")
    parser.add_argument("--raters", type=int, default=plan.raters)
    parser.add_argument("--pause", type=float, default=plan.pause, help="mean seconds of thought")
    parser.add_argument("--seed", type=int, default=plan.seed)
    parser.add_argument("--write", action="store_true", help="the table into docs/reliability.md")
    return parser


def _names(text: str) -> list[str]:
    known = [row.name for row in ROWS]
    names = text.split(",")
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"no row {', '.join(unknown)}; rows: {', '.join(known)}")
    return names


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
