"""`manage.py payment_list STUDY`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from workbench.core.tables.writing import csv_lines, csv_start

from ...raters.paying import payment_table
from ...studies.finding import find_study


class Command(BaseCommand):
    help = (
        "Write whom a crowd platform is to pay, as CSV: participant, rater, how their part ended, "
        "minutes, ratings, code."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("--raw", action="store_true", help="for a script, not a spreadsheet")

    def handle(self, *args: Any, **options: Any) -> None:
        columns, rows = payment_table(find_study(options["study"]))
        raw = options["raw"]
        self.stdout.write(csv_start(columns, raw=raw) + csv_lines(rows, raw=raw), ending="")
