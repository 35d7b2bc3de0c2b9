"""`manage.py import_aigciqa2023 STUDY DIR [--images DIR|ZIP]`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError
from workbench.core.progress import Counter

from ...stimuli.imports.service import import_aigciqa2023
from ...studies.finding import find_study
from ._import_output import tell


class Command(BaseCommand):
    help = (
        "Import the AIGCIQA2023+ release: 2,400 images' published scores, explanations and prompts "
        "from DIR (mos.csv, explanations.csv, prompts.csv, official_split.json). Images are in DIR "
        "or in --images, as INDEX.png or GENERATOR/PPP-K.png; a row whose image is missing is kept "
        "as labels, and gets its image when the command is run again with it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--images", type=Path, help="folder or ZIP of the images")
        parser.add_argument("--report", type=Path, help="write the notes on each row to this file")
        parser.add_argument(
            "--partial", action="store_true", help="import the good rows even if others are bad"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        try:
            report = import_aigciqa2023(
                study=study,
                folder=options["folder"],
                images=options["images"],
                partial=options["partial"],
                progress=Counter("rows checked", self.stderr),
            )
        except MintError as error:
            raise CommandError(error.message) from error
        tell(self, report, verbosity=options["verbosity"], listing=options["report"])
