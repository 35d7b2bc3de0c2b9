"""`manage.py backup`: the whole site into a folder or bucket, while it goes on."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...core.errors import MintError
from ...operation.backup.keeping import keep_latest
from ...operation.backup.making import Made, make_backup
from ...operation.backup.places import Place, place_at


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text}: give the number of backups to keep, 1 or more")
    return int(text)


class Command(BaseCommand):
    help = (
        "Copy database and files to TARGET, as they are at one moment; the site goes on. What "
        "earlier backups there hold is not copied again. SECRET_KEY is not in it: keep it apart."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", help="a folder, or s3://BUCKET/PREFIX")
        parser.add_argument(
            "--keep",
            type=_number,
            metavar="N",
            help="then read the new backup and, if it is whole, delete all but the latest N and "
            "the files that none of them has; no other backup may run there meanwhile",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            place = place_at(options["target"])
            made = make_backup(place, say=self._say(options["verbosity"]))
            self._report(made)
            # One with gaps must not take the place of a whole one.
            if options["keep"] and not made.manifest.lost:
                self._keep(place, options["keep"])
        except MintError as error:
            raise CommandError(error.message) from error
        self._refuse_gaps(made)

    def _keep(self, place: Place, number: int) -> None:
        kept = keep_latest(place, number)
        if kept.deleted:
            self.stdout.write(
                f"The new backup is whole. Deleted: {', '.join(kept.deleted)}, and {kept.files} "
                "files that no other backup has."
            )

    def _say(self, verbosity: int) -> Any:
        return self.stdout.write if verbosity > 1 else lambda line: None

    def _report(self, made: Made) -> None:
        manifest = made.manifest
        self.stdout.write(
            f"Backup {manifest.name}: {manifest.rows} rows, {manifest.files} files "
            f"({manifest.files_bytes / 2**20:.1f} MiB), of which {made.copied} were new "
            f"({made.copied_bytes / 2**20:.1f} MiB)."
        )

    def _refuse_gaps(self, made: Made) -> None:
        manifest = made.manifest
        if manifest.lost:
            shown = ", ".join(manifest.lost[:5])
            raise CommandError(
                f"The backup is complete but for {len(manifest.lost)} files that the site itself "
                f"no longer has: {shown}{', …' if len(manifest.lost) > 5 else ''}. Bring them back "
                "from an earlier backup, or delete their images."
            )
