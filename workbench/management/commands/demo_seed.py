"""`manage.py demo_seed`: the demo study on a running site; quick if it exists already."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ...core.errors import MintError
from ...demo.seed import Seeder, summary


class Command(BaseCommand):
    help = "Create the demo study on a running site if it is missing; print how to sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--base-url",
            default=os.environ.get("MINT_BASE_URL", "http://127.0.0.1:8000"),
            help="where the web server answers (default: MINT_BASE_URL, else %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.ending = ""
        base_url = options["base_url"].rstrip("/")
        try:
            seeded = Seeder(Path(settings.DATA_DIR), base_url, self.stdout).run()
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write("\n" + "".join(f"  {line}\n" for line in summary(seeded, base_url)))
