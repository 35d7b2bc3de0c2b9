"""`manage.py mint_verify DIR`: this model compared with outputs of the released code."""

from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

if TYPE_CHECKING:
    from ...explaining.verification import Check


class Command(BaseCommand):
    help = (
        "Convert the released weights in a folder, run both stages, and compare with the released "
        "code's outputs, scores in each precision of this machine; fails if one is beyond its "
        "tolerance."
    )

    requires_system_checks: list[str] = []  # uses nothing of the site, not even the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder",
            type=Path,
            help="with config.json, official_state_dict.safetensors, inputs.safetensors and "
            "expected.safetensors",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from ...explaining.precisions import verify_precisions
        from ...explaining.verification import verify_folder
        from ...predictors.errors import ModelError

        folder: Path = options["folder"]
        try:
            checks = [*verify_folder(folder), *verify_precisions(folder)]
        except ModelError as error:
            raise CommandError(str(error)) from error
        self._print(checks)
        judged = [check for check in checks if check.tolerance is not None]
        failed = [check.name for check in judged if not check.passed]
        if failed:
            raise CommandError(
                f"{folder}: {len(failed)} of {len(judged)} results are not as expected: "
                f"{', '.join(failed)}"
            )
        self.stdout.write(f"{folder}: all {len(judged)} results are as expected")

    def _print(self, checks: "list[Check]") -> None:
        width = max(len(check.name) for check in checks)
        for check in checks:
            self.stdout.write(f"{check.name:{width}}  {_difference(check)}, {_verdict(check)}")


def _difference(check: "Check") -> str:
    if check.problem:
        return check.problem
    if check.counts_ids:
        return f"{check.difference:g} ids differ"
    return f"largest difference {check.difference:.3g}"


def _verdict(check: "Check") -> str:
    if check.tolerance is None:
        return "for information"
    return f"tolerance {check.tolerance:g}: {'pass' if check.passed else 'FAIL'}"
