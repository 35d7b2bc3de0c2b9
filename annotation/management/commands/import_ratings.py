"""`manage.py import_ratings STUDY TABLE --source NAME`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError

from ...stimuli.imports.ratings.service import import_ratings
from ...stimuli.imports.service import ImportOptions, ImportRun
from ...studies.finding import find_study
from ._import_output import tell


class Command(BaseCommand):
    help = (
        "Continue an old study: add the ratings of its subjects, as those of raters known by codes "
        "of their own. The table has the columns filename, subject and, for each perspective, its "
        "key; or score and perspective. All rows are checked first; running it twice changes "
        "nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("table", type=Path)
        parser.add_argument(
            "--source", required=True, help="whose they are: each source's subjects are kept apart"
        )
        parser.add_argument(
            "--partial", action="store_true", help="import the good rows even if others are bad"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="check everything and say what would be imported, but keep nothing",
        )
        parser.add_argument("--report", type=Path, help="write the notes on each row to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        run = ImportRun(
            find_study(options["study"]),
            partial=options["partial"],
            options=ImportOptions(dry_run=options["dry_run"]),
        )
        try:
            report = import_ratings(run, options["table"], options["source"])
        except MintError as error:
            raise CommandError(error.message) from error
        tell(self, report, verbosity=options["verbosity"], listing=options["report"])
