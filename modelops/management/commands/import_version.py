"""`manage.py import_version STUDY FOLDER`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.studies.finding import find_study
from workbench.core.errors import MintError

from ...registry.selectors import predictor_named
from ...runs.portable import import_version
from ...runs.predictors import ensure_predictor


class Command(BaseCommand):
    help = "Add a model version from a folder that export_version wrote, as a candidate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("folder", type=Path, help="the exported folder")
        parser.add_argument("--predictor", help="whose version it becomes; the leading one's")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        try:
            name = options["predictor"]
            predictor = (
                predictor_named(study, name) if name else ensure_predictor(study=study, actor=None)
            )
            found = import_version(predictor=predictor, folder=options["folder"], actor=None)
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"version {found.number} of {study.slug} is predicting the images")
