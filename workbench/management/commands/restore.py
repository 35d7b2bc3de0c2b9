"""`manage.py restore`: a backup into a site that holds nothing."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...core.errors import MintError
from ...operation.backup.places import place_at
from ...operation.backup.restoring import check_backup, find_backup, restore


class Command(BaseCommand):
    help = (
        "Bring database and files of a backup into this site, which must be empty; every file is "
        "compared with its checksum first. Stop web, workers and beat before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="what was given to `backup`")
        parser.add_argument("--backup", default="", help="which one; the latest if not given")
        parser.add_argument(
            "--check", action="store_true", help="only compare every part with its checksum"
        )
        parser.add_argument(
            "--other-key",
            action="store_true",
            help="although SECRET_KEY is another one: raters then need new links",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            wanted = find_backup(place_at(options["source"]), options["backup"])
            if options["check"]:
                check_backup(wanted)
            else:
                restore(wanted, other_key=options["other_key"], say=self.stdout.write)
        except MintError as error:
            raise CommandError(error.message) from error
        manifest = wanted.manifest
        done = "is complete and unchanged" if options["check"] else "was restored"
        self.stdout.write(
            f"Backup {manifest.name} (version {manifest.version}) {done}: {manifest.rows} rows, "
            f"{manifest.files} files."
        )
        if manifest.lost:
            self.stdout.write(f"It lacks {len(manifest.lost)} files that the site had lost before.")
