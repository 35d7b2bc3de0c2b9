"""manage.py set_purpose: choose practice and gold images from what is imported."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.models import Stimulus
from annotation.stimuli.purposes import PurposeError, set_purpose
from annotation.studies.finding import find_study


class Command(BaseCommand):
    help = "Makes images of a study main, practice or gold ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("purpose", choices=Stimulus.Purpose.values)
        parser.add_argument("filenames", nargs="+", metavar="FILENAME")
        parser.add_argument(
            "--score",
            action="append",
            default=[],
            metavar="PERSPECTIVE=SCORE",
            help="expected of each of the images, on the study's scale; may be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study, names = find_study(options["study"]), set(options["filenames"])
        found = dict(
            Stimulus.objects.filter(study=study, filename__in=names).values_list("filename", "pk")
        )
        if names - found.keys():
            raise CommandError(f"not in the study: {', '.join(sorted(names - found.keys()))}")
        try:
            changed = set_purpose(
                study=study,
                actor=None,
                stimuli=list(found.values()),
                purpose=options["purpose"],
                scores=dict(map(_score, options["score"])),
            )
        except PurposeError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{changed} changed")


def _score(text: str) -> tuple[str, float]:
    key, _equals, number = text.partition("=")
    try:
        return key, float(number)
    except ValueError as error:
        raise CommandError(f"--score {text}: write PERSPECTIVE=SCORE, such as quality=4") from error
