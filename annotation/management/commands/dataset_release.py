"""manage.py dataset_release: make dataset releases, list them, verify their archives."""

import json
import zipfile
from pathlib import Path
from typing import Any

from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.models import DatasetRelease, Study
from annotation.opinion.dataset.archive import checked
from annotation.opinion.dataset.asking import described, new_dataset
from annotation.opinion.dataset.jobs import run_dataset_job
from annotation.opinion.dataset.rai import ASKED
from annotation.studies.finding import find_study
from workbench.core.errors import MintError


class Command(BaseCommand):
    help = (
        "Makes a dataset release, an archive that can be cited, of a named release of opinion "
        "scores; lists a study's, or verifies their archives."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="all dataset releases of a study")
        making = acts.add_parser("make", help="make one, here and now, without a worker")
        verifying = acts.add_parser("verify", help="hash every file of the archives again")
        for each in (listing, making, verifying):
            each.add_argument("study", help="the study's slug")
        _add_making(making)
        verifying.add_argument(
            "datasets", nargs="*", type=int, metavar="NUMBER", help="default: all that are done"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        getattr(self, f"_{options['act']}")(study, options)

    def _list(self, study: Study, options: dict[str, Any]) -> None:
        for dataset in study.datasets.select_related("release"):
            self.stdout.write(
                f"{dataset.number}\t{dataset.version}\t{dataset.state}\t{dataset.release.name}\t"
                f"{dataset.size} bytes\t{dataset.content_sha256}"
            )

    def _make(self, study: Study, options: dict[str, Any]) -> None:
        try:
            job = new_dataset(
                study=study,
                actor=None,
                number=options["release"],
                said=described({**options, "answers": _answers(options["answers"])}),
                pictures=options["pictures"],
            )
        except MintError as error:
            raise CommandError(error.message) from error
        run_dataset_job(job.pk)
        job.refresh_from_db()
        if not job.is_ready:
            raise CommandError(job.error or "The making was cancelled.")
        self.stdout.write(f"{job.number}\t{job.size} bytes\t{job.content_sha256}")

    def _verify(self, study: Study, options: dict[str, Any]) -> None:
        found = {item.number: item for item in study.datasets.exclude(archive="")}
        if unknown := sorted(set(options["datasets"]) - found.keys()):
            raise CommandError(
                f'The study "{study.slug}" has no dataset release {unknown[0]} that is done; it '
                f"has {', '.join(map(str, found)) or 'none'}."
            )
        faults = [self._faults(found[number]) for number in options["datasets"] or sorted(found)]
        if any(faults):
            raise CommandError("An archive is not what its row says.")

    def _faults(self, dataset: DatasetRelease) -> bool:
        """Whether it has any; says which."""
        said = _fault(dataset)
        self.stdout.write(f"{dataset.number}\t{dataset.version}\t{said or 'holds'}")
        return bool(said)


def _add_making(making: CommandParser) -> None:
    making.add_argument("release", type=int, help="number of the named release of opinion scores")
    making.add_argument("--title", required=True)
    making.add_argument("--licence", required=True, help="of SPDX's list, or an address")
    making.add_argument(
        "--creator",
        dest="creators",
        action="append",
        required=True,
        help='"Family, Given", or the name of a group; may be repeated',
    )
    making.add_argument("--description", default="")
    making.add_argument("--setting", default="", help="where people rated: a laboratory, a crowd")
    making.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help=f"answers about responsible use, as a JSON object: {', '.join(ASKED)}",
    )
    making.add_argument(
        "--without-pictures",
        dest="pictures",
        action="store_false",
        help="tables alone; pictures are named by their SHA-256",
    )


def _answers(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise CommandError(f"{file} has no JSON object; write {{question: answer}}")
    return found


def _fault(dataset: DatasetRelease) -> str:
    """Empty if every file is what it was."""
    try:
        with storages["artifacts"].open(dataset.archive) as file:
            found = checked(file)
    except FileNotFoundError:
        return "its archive is gone"
    except zipfile.BadZipFile as error:
        return f"its archive cannot be read: {error}"
    if found.faults:
        return f"these files are not what they were: {', '.join(found.faults)}"
    if found.content_sha256 != dataset.content_sha256:
        return "its files are others than those that were made"
    return ""
