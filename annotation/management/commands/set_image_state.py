"""`manage.py set_image_state STUDY STATE FILENAME… --reason WHY`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError

from ...models import Stimulus
from ...removal.images import set_image_state
from ...studies.finding import find_study
from ._finding import find_image


class Command(BaseCommand):
    help = (
        "Take images out of use, or put them back. withdrawn: shown to no rater, their scores "
        "count; excluded: shown to nobody, their scores do not count; purged: excluded, and their "
        "files are deleted, which cannot be undone; in_use: shown, and counted, again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("state", choices=Stimulus.State.values)
        parser.add_argument("filenames", nargs="+", metavar="FILENAME", help="as in the manifest")
        parser.add_argument("--reason", default="", help="kept in the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        images = [find_image(study, name) for name in options["filenames"]]
        for stimulus in images:
            try:
                set_image_state(
                    stimulus=stimulus, actor=None, state=options["state"], reason=options["reason"]
                )
            except MintError as error:
                raise CommandError(f"{stimulus.filename}: {error.message}") from error
            self.stdout.write(f"{stimulus.filename}: {stimulus.state}")
