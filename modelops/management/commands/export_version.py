"""`manage.py export_version STUDY NUMBER FOLDER`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.studies.finding import find_study
from workbench.core.errors import MintError

from ...registry.selectors import version_of
from ...runs.portable import export_version


class Command(BaseCommand):
    help = "Write a model version to a folder in Hugging Face's form, with its card."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("number", type=int, help="the version's number")
        parser.add_argument("folder", type=Path, help="a folder that does not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        try:
            version = version_of(study, options["number"])
            export_version(version=version, folder=options["folder"])
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"version {version.number} of {study.slug} is in {options['folder']}")
