"""The process in which a worker trains; started by the task `modelops.tasks.train`."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...runs.supervision import train_run


class Command(BaseCommand):
    help = "Train a claimed run (used by the worker; to train a study, use `retrain`)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int)
        parser.add_argument("fence", type=int)
        parser.add_argument(
            "--supervisor", type=int, required=True, help="id of the process that watches this one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(
            train_run(
                run_id=options["run"], fence=options["fence"], supervisor=options["supervisor"]
            )
        )
