"""`manage.py erase_rater STUDY RATER [--ratings detach|drop] [--yes]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError

from ...models import Study
from ...removal.erasing import erase_rater, erasure_outlook
from ...studies.finding import find_study
from ._finding import find_rater


class Command(BaseCommand):
    help = (
        "Erase who a rater is: name, address, platform's number, messages, notes and devices; "
        "their link stops working. Their ratings stay under a new code, or are deleted. Without "
        "--yes it only says what it would do."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("rater", help="the rater's code")
        parser.add_argument(
            "--ratings",
            choices=Study.ErasedRatings.values,
            default="",
            help="keep them under a new code, or delete them; default: what the study promises",
        )
        parser.add_argument("--yes", action="store_true", help="do it; it cannot be undone")

    def handle(self, *args: Any, **options: Any) -> None:
        rater = find_rater(find_study(options["study"]), options["rater"])
        outlook = erasure_outlook(rater)
        self.stdout.write(
            f"{outlook.ratings} ratings with {outlook.scores} scores, {outlook.messages} messages"
        )
        for release, number in outlook.releases:
            self.stdout.write(
                f'release {release.number} "{release}" was made of up to {number} of the ratings; '
                "it keeps its numbers"
            )
        if not options["yes"]:
            self.stdout.write("nothing was changed; add --yes to erase the rater")
            return
        try:
            left = erase_rater(rater=rater, actor=None, ratings=options["ratings"])
        except MintError as error:
            raise CommandError(error.message) from error
        kept = f"what is kept has the code {left.code}" if left else "nothing is kept"
        self.stdout.write(f"erased; {kept}")
