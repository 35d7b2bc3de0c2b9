"""`manage.py backup`: the whole site into a folder or bucket, while it goes on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...core.errors import MintError
from ...operation.backup.making import Made, make_backup
from ...operation.backup.places import place_at


class Command(BaseCommand):
    help = (
        "Copy database and files to TARGET, as they are at one moment; the site goes on. What "
        "earlier backups there hold is not copied again. SECRET_KEY is not in it: keep it apart."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", help="a folder, or s3://BUCKET/PREFIX")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = make_backup(place_at(options["target"]), say=self._say(options["verbosity"]))
        except MintError as error:
            raise CommandError(error.message) from error
        self._report(made)

    def _say(self, verbosity: int) -> Any:
        return self.stdout.write if verbosity > 1 else lambda line: None

    def _report(self, made: Made) -> None:
        manifest = made.manifest
        self.stdout.write(
            f"Backup {manifest.name}: {manifest.rows} rows, {manifest.files} files "
            f"({manifest.files_bytes / 2**20:.1f} MiB), of which {made.copied} were new "
            f"({made.copied_bytes / 2**20:.1f} MiB)."
        )
        if manifest.lost:
            shown = ", ".join(manifest.lost[:5])
            raise CommandError(
                f"The backup is complete but for {len(manifest.lost)} files that the site itself "
                f"no longer has: {shown}{', …' if len(manifest.lost) > 5 else ''}. Bring them back "
                "from an earlier backup, or delete their images."
            )
