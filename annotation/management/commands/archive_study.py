"""`manage.py archive_study STUDY [--back]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError

from ...removal.archiving import archive_study, bring_back_study
from ...studies.finding import find_study


class Command(BaseCommand):
    help = "Put a study away: in no list, shown to no rater, nothing deleted; or bring it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("--back", action="store_true", help="bring it back")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        act = bring_back_study if options["back"] else archive_study
        try:
            act(study=study, actor=None)
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{study.slug}: {study.status}")
