"""`manage.py promote STUDY NUMBER`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.studies.finding import find_study
from workbench.core.errors import MintError

from ...registry.holdout import standing_of
from ...registry.selectors import version_of
from ...runs.promotion import promote
from ...runs.waiting import metric_lines


class Command(BaseCommand):
    help = (
        "Make a model version the active one: its predictions and priorities are used from now on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("number", type=int, help="the version's number")
        parser.add_argument(
            "--reason", default="", help="why, if the hold-out does not show that it is as good"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        try:
            version = version_of(study, options["number"])
            promote(version=version, actor=None, reason=options["reason"])
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write("\n".join(metric_lines(version.study, standing_of(version))))
        self.stdout.write(f"version {version.number} is the active model of {study.slug}")
