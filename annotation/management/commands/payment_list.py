"""`manage.py payment_list STUDY`."""

import csv
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from workbench.core.spreadsheets import formula_safe

from ...raters.paying import payment_table
from ...studies.finding import find_study


class Command(BaseCommand):
    help = (
        "Write whom a crowd platform is to pay, as CSV: participant, rater, how their part ended, "
        "minutes, ratings, code."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerows([formula_safe(cell) for cell in row] for row in payment_table(study))
