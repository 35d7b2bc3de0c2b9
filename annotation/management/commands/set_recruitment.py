"""`manage.py set_recruitment STUDY (--platform NAME | FILE)`."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError

from ...protocol.recruitment import PLATFORMS
from ...raters.invitations import set_recruitment
from ...studies.finding import find_study


class Command(BaseCommand):
    help = (
        "Say which parameters the study's shared link reads of its visitors, and where they go "
        "back to: those of a platform, or what a JSON file says, as the API answers it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--platform", choices=list(PLATFORMS))
        source.add_argument("--file", type=Path, metavar="FILE", help="a JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        platform, file = options["platform"], options["file"]
        recruitment = PLATFORMS[platform].to_json() if platform else _read(file)
        try:
            set_recruitment(study=study, recruitment=recruitment, actor=None)
        except MintError as error:
            raise CommandError(error.message) from error
        names = ", ".join(recruitment.get("parameters", ())) or "none"
        self.stdout.write(f"{study.slug}: parameters of the shared link: {names}")


def _read(file: Path) -> Any:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CommandError(f"{file} is not JSON in UTF-8: {error}") from error
    if not isinstance(found, dict):
        raise CommandError(f"{file} is not a JSON object.")
    return found
