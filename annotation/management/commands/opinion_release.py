"""manage.py opinion_release: keep a study's opinion scores under a name, list and verify them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.models import OpinionRelease, Study
from annotation.opinion.methods import METHODS
from annotation.opinion.recording import verify
from annotation.opinion.releases import make_release
from annotation.studies.finding import find_study
from workbench.core.errors import MintError


class Command(BaseCommand):
    help = "Keeps a study's current opinion scores as a release, lists releases, or verifies them."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="all releases of a study")
        making = acts.add_parser("make", help="keep the current scores; they never change")
        verifying = acts.add_parser(
            "verify", help="make kept releases again from their records, and compare"
        )
        for each in (listing, making, verifying):
            each.add_argument("study", help="the study's slug")
        making.add_argument("name", help="up to 100 characters")
        making.add_argument("--method", choices=list(METHODS), help="instead of the study's")
        verifying.add_argument(
            "releases", nargs="*", type=int, metavar="NUMBER", help="default: all that are kept"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        getattr(self, f"_{options['act']}")(study, options)

    def _list(self, study: Study, options: dict[str, Any]) -> None:
        for release in study.opinion_releases.all():
            made = f"{release.method} {release.method_version}".strip() or release.source
            self.stdout.write(
                f"{release.number}\t{release.state}\t{release.name}\t{made}\t"
                f"{release.ratings} ratings\t{release.content_sha256}"
            )

    def _make(self, study: Study, options: dict[str, Any]) -> None:
        try:
            release = make_release(study, name=options["name"], method=options["method"])
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{release.number}\t{release.content_sha256}")

    def _verify(self, study: Study, options: dict[str, Any]) -> None:
        kept = study.opinion_releases.filter(kind=OpinionRelease.Kind.OWN).exclude(
            state=OpinionRelease.State.LIVE
        )
        wanted = options["releases"]
        releases = {release.number: release for release in kept}
        if unknown := sorted(set(wanted) - releases.keys()):
            raise CommandError(
                f'The study "{study.slug}" has kept no release {unknown[0]}; it has '
                f"{', '.join(map(str, releases)) or 'none'}."
            )
        found = [verify(releases[number]) for number in wanted or releases]
        for one in found:
            well = "holds" if one.exact else "holds, up to rounding"
            said = well if one.holds else " ".join(one.faults)
            self.stdout.write(f"{one.release.number}\t{one.scores} scores\t{said}")
        if not all(one.holds for one in found):
            raise CommandError("A release is not what its record gives.")
