"""`manage.py delete_study STUDY [--confirm STUDY]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError

from ...removal.deleting import DeletionOutlook, delete_study, deletion_outlook
from ...studies.finding import find_study


class Command(BaseCommand):
    help = (
        "Delete a study for good: settings, images, raters, what they said, opinion scores and "
        "models. Without --confirm it only says what would go."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("--confirm", default="", help="the study's slug once more")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        self.stdout.write(_words(deletion_outlook(study)))
        if not options["confirm"]:
            self.stdout.write(f"nothing was changed; add --confirm {study.slug} to delete it")
            return
        try:
            gone = delete_study(study=study, actor=None, confirm=options["confirm"])
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write("deleted" if gone else "it can be found no more; a worker deletes it")


def _words(outlook: DeletionOutlook) -> str:
    others = "".join(f", {name}: {number}" for name, number in outlook.others.items())
    named = ", ".join(outlook.releases) or "none"
    return (
        f"{outlook.images} images, {outlook.files} files, {outlook.raters} raters, "
        f"{outlook.ratings} ratings{others}; named releases: {named}"
    )
