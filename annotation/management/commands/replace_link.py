"""`manage.py replace_link STUDY RATER`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError

from ...raters.access import rater_link
from ...raters.services import replace_link
from ...studies.finding import find_study
from ._finding import find_rater


class Command(BaseCommand):
    help = (
        "Give a rater a new personal link, if others may know the old one, which stops working at "
        "once. What the rater has rated is kept, and an open session continues with the new link."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("rater", help="the rater's code")

    def handle(self, *args: Any, **options: Any) -> None:
        rater = find_rater(find_study(options["study"]), options["rater"])
        try:
            replace_link(rater=rater, actor=None)
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"The rater's new link, below the site's address: {rater_link(rater)}")
