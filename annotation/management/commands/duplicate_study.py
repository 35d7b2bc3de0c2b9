"""`manage.py duplicate_study STUDY TITLE --owner NAME [--slug SLUG] [--images]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ...removal.duplicating import duplicate_study
from ...studies.finding import find_study


class Command(BaseCommand):
    help = "Make another study with the same settings, a draft without raters and ratings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("title", help="of the new study")
        parser.add_argument("--owner", required=True, help="name of the account it belongs to")
        parser.add_argument("--slug", default="", help="default: made from the title")
        parser.add_argument("--images", action="store_true", help="with the images in use")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        owner = User.objects.filter(username=options["owner"]).first()
        if owner is None:
            raise CommandError(f'There is no account "{options["owner"]}".')
        try:
            new = duplicate_study(
                study=study,
                owner=owner,
                title=options["title"],
                slug=options["slug"],
                images=options["images"],
            )
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{new.slug}: {new.stimuli.count()} images")
