"""`manage.py import_dataset ARCHIVE --owner NAME [--slug SLUG] [--images DIR|ZIP]`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ...stimuli.dataset_import.service import import_dataset


class Command(BaseCommand):
    help = (
        "Make a study of a dataset release: images, raters by code, sittings, ratings, exclusions "
        "and protocols, all of it or nothing. The archive is checked first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", type=Path, help="the ZIP file of the dataset release")
        parser.add_argument("--owner", required=True, help="name of the account it belongs to")
        parser.add_argument("--slug", default="", help="default: the archive's, if it is free")
        parser.add_argument(
            "--images",
            type=Path,
            help="folder or ZIP with the pictures, if they are not in it; names do not matter",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["archive"]
        owner = User.objects.filter(username=options["owner"]).first()
        if owner is None:
            raise CommandError(f'There is no account "{options["owner"]}".')
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            found = import_dataset(
                path=path, owner=owner, slug=options["slug"], given=options["images"]
            )
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"{found.study.slug}: {found.images} images ({found.without_file} without their file), "
            f"{found.raters} raters, {found.ratings} ratings\n"
            f"data {found.data_sha256}, as in the archive"
        )
