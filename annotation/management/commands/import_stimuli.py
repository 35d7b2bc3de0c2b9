"""`manage.py import_stimuli STUDY MANIFEST [--images DIR|ZIP]`, or `… STUDY DIR|ZIP`."""

from argparse import ArgumentParser

from ._table_command import TableCommand


class Command(TableCommand):
    takes_images = True
    help = (
        "Import images from a manifest (a table with the columns filename, prompt, generator, or "
        "those that --mapping describes; other columns are kept as metadata; mos_*, sd_* and "
        "raters are published scores), or a folder or ZIP of images without one: prompt and "
        "generator are then what the images and the files next to them say. All rows are checked "
        "first; running it twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--images",
            help="folder or ZIP of the images, or its address (default: next to the manifest)",
        )
        parser.add_argument(
            "--labels-only",
            action="store_true",
            help="if an image is missing, import its row as labels instead of rejecting it",
        )
