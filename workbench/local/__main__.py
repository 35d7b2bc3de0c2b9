"""Run the workbench on this machine.

python -m workbench.local demo --port 8000     everything, until Ctrl-C
python -m workbench.local run -- COMMAND       a command with PostgreSQL and Redis running
python -m workbench.local wait                 until DATABASE_URL and REDIS_URL answer
python -m workbench.local remove               delete all local data
"""

import argparse
import sys

from ..core.errors import MintError
from . import commands


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.perform(options))
    except MintError as error:
        sys.stderr.write(f"\nerror: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m workbench.local",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(required=True)
    demo = actions.add_parser("demo", help="run everything until Ctrl-C")
    demo.add_argument("--port", type=_port, default=8000)
    demo.set_defaults(perform=lambda options: commands.demo(options.port))
    run = actions.add_parser("run", help="run a command with PostgreSQL and Redis running")
    run.add_argument(
        "--throw-away", action="store_true", help="on empty data that is deleted afterwards"
    )
    run.add_argument("command", nargs="+")
    run.set_defaults(perform=lambda options: commands.run(options.command, options.throw_away))
    wait = actions.add_parser("wait", help="wait until DATABASE_URL and REDIS_URL answer")
    wait.add_argument("--seconds", type=float, default=60.0)
    wait.set_defaults(perform=lambda options: commands.wait(options.seconds))
    remove = actions.add_parser("remove", help="delete all local data: studies, ratings, models")
    remove.set_defaults(perform=lambda options: commands.remove())
    return parser


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is not a port; ports are 1 to 65535")
    return number


if __name__ == "__main__":
    sys.exit(main())
