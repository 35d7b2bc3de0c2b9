"""`manage.py predict STUDY [--version N] [--wait]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.studies.finding import find_study
from workbench.core.errors import MintError

from ...registry.selectors import version_of
from ...runs.scoring import start_scoring
from ...runs.waiting import report_unread, report_unreadable, wait_for


class Command(BaseCommand):
    help = "Predict the images that a model version has not predicted yet; a worker does the work."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Our --version is the model's; Django's own stays available as `manage.py version`.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument(
            "--version",
            type=int,
            dest="number",
            metavar="N",
            help="number of the model version (default: the active one)",
        )
        parser.add_argument(
            "--wait", action="store_true", help="show the progress until it is done"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        try:
            run = start_scoring(version=version_of(study, options["number"]))
        except MintError as error:
            raise CommandError(error.message) from error
        number = run.model_version.number
        self.stdout.write(f"version {number} predicts {run.progress_total} images of {study.slug}")
        if not options["wait"]:
            return
        wait_for(run, self.stdout)
        problems = [item for chunk in run.chunks.order_by("index") for item in chunk.problems]
        report_unreadable(problems, "predict again", self.stderr)
        report_unread(study, run.model_version.predictor.backbone, self.stderr)
