"""What the commands have in common that import a table."""

import gc
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError
from workbench.core.progress import Counter

from ...models import Stimulus, Study
from ...stimuli.importing.folder import holds_images
from ...stimuli.imports.remote import fetched
from ...stimuli.imports.report import ImportReport
from ...stimuli.imports.saved import save_mapping
from ...stimuli.imports.service import ImportOptions, import_manifest
from ...studies.finding import find_study
from ._import_output import tell
from ._mapping_options import add_mapping_options, mapping_of, pairs_of


class TableCommand(BaseCommand):
    """Imports the rows of a table into a study."""

    #: Whether images come with the table.
    takes_images = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument(
            "manifest", help="the table, the folder or ZIP of its files, or an address of them"
        )
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
        # What is loaded stays: it need not be looked through for garbage again and again.
        gc.freeze()
        study = find_study(options["study"])
        try:
            with fetched(options["manifest"]) as table, fetched(options.get("images")) as images:
                assert table is not None  # noqa: S101 -- the argument is required
                report = self._import(study, table, {**options, "images": images})
        except MintError as error:
            raise CommandError(error.message) from error
        tell(self, report, verbosity=options["verbosity"], listing=options["report"])

    def _import(self, study: Study, table: Path, options: Mapping[str, Any]) -> ImportReport:
        # Prompts and generators come from the images themselves.
        without_table = self.takes_images and _only_images(table, options)
        mapping = None if without_table else mapping_of(options, table, study)
        if mapping is not None and options["keep_mapping"]:
            save_mapping(study=study, actor=None, name=options["keep_mapping"], mapping=mapping)
        return import_manifest(
            study=study,
            manifest=table,
            images=options["images"],
            partial=options["partial"],
            progress=Counter("rows checked", self.stderr),
            options=ImportOptions(
                purpose=options["purpose"],
                labels_only=options.get("labels_only", True),
                without_images=not self.takes_images,
                mapping=mapping,
                constants=pairs_of(options["constant"]) if without_table else {},
                dry_run=options["dry_run"],
            ),
        )


def _only_images(table: Path, options: Mapping[str, Any]) -> bool:
    return options["mapping"] is None and options["images"] is None and holds_images(table)
