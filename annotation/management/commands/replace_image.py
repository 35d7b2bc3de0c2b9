"""`manage.py replace_image STUDY FILENAME FILE --reason WHY`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError

from ...removal.replacing import replace_image
from ...studies.finding import find_study
from ._finding import find_image


class Command(BaseCommand):
    help = (
        "Put the image in FILE in the place of a wrong one, which is excluded: a new image with "
        "the same name, prompt, split, wanted ratings and published scores."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("filename", help="of the wrong image, as in the manifest")
        parser.add_argument("file", type=Path, help="the right image: JPEG, PNG or WebP")
        parser.add_argument("--reason", required=True, help="kept in the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        stimulus = find_image(find_study(options["study"]), options["filename"])
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}") from error
        try:
            new = replace_image(stimulus=stimulus, data=data, actor=None, reason=options["reason"])
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{new.filename}: {new.pk} takes the place of {stimulus.pk}")
