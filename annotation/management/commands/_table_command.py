"""What the commands have in common that import a table."""

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError
from workbench.core.progress import Counter

from ...models import Stimulus
from ...stimuli.importing.folder import holds_images
from ...stimuli.imports.saved import save_mapping
from ...stimuli.imports.service import ImportOptions, import_manifest
from ...studies.finding import find_study
from ._import_output import tell
from ._mapping_options import add_mapping_options, mapping_of, pairs_of


class TableCommand(BaseCommand):
    """Imports the rows of a table into a study."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("manifest", type=Path, help="the table, or the folder of its files")
        parser.add_argument(
            "--partial", action="store_true", help="import the good rows even if others are bad"
        )
        parser.add_argument(
            "--purpose", choices=Stimulus.Purpose.values, default=Stimulus.Purpose.MAIN
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="check everything and say what would be imported, but keep nothing",
        )
        parser.add_argument("--report", type=Path, help="write the notes on each row to this file")
        add_mapping_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        table: Path = options["manifest"]
        try:
            # Prompts and generators come from the images themselves.
            without_table = _only_images(table, options)
            mapping = None if without_table else mapping_of(options, table, study)
            if mapping is not None and options["keep_mapping"]:
                save_mapping(study=study, actor=None, name=options["keep_mapping"], mapping=mapping)
            report = import_manifest(
                study=study,
                manifest=table,
                images=options.get("images"),
                partial=options["partial"],
                progress=Counter("rows checked", self.stderr),
                options=ImportOptions(
                    purpose=options["purpose"],
                    labels_only=options.get("labels_only", True),
                    without_images="images" not in options,
                    mapping=mapping,
                    constants=pairs_of(options["constant"]) if without_table else {},
                    dry_run=options["dry_run"],
                ),
            )
        except MintError as error:
            raise CommandError(error.message) from error
        tell(self, report, verbosity=options["verbosity"], listing=options["report"])


def _only_images(table: Path, options: Mapping[str, Any]) -> bool:
    return (
        options["mapping"] is None
        and "images" in options
        and options["images"] is None
        and holds_images(table)
    )
