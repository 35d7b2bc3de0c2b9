"""Certificates in words, for the page and the API."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from annotation.protocol.perspectives import PerspectiveSettings
from annotation.studies.texts import localized

from ..judging.certificate import (
    FEWEST_IMAGES,
    FEWEST_RATERS,
    Certificate,
    ImpliedError,
    Lack,
)
from ..models import ModelVersion
from ..registry.certificates import certificates_now, certificates_of


@dataclass(frozen=True)
class CertificateRow:
    """One perspective's certificate; errors on its scale."""

    key: str
    label: str
    scale: str
    certificate: Certificate

    @property
    def granted(self) -> bool:
        return self.certificate.granted

    @property
    def words(self) -> str:
        if self.granted:
            return _("As close to the panel as a left-out rater.")
        return " ".join(_LACKS[lack]() for lack in self.certificate.lacks)

    @property
    def matched(self) -> int:
        return sum(test.beaten for test in self.certificate.raters)

    @property
    def tested(self) -> int:
        return len(self.certificate.raters)

    @property
    def error(self) -> ImpliedError | None:
        return self.certificate.error


def certificate_rows(version: ModelVersion, *, now: bool = False) -> list[CertificateRow]:
    """By perspective, as they were a moment ago, none while a worker computes the first; or as they
    are `now`, for which one waits."""
    found = certificates_now(version) if now else certificates_of(version).result or {}
    asked = version.study.perspective_settings
    return [_row(item, found[item.key]) for item in asked if item.key in found]


def _row(asked: PerspectiveSettings, certificate: Certificate) -> CertificateRow:
    scale = f"{asked.scale.minimum:g}–{asked.scale.maximum:g}"
    return CertificateRow(asked.key, localized(asked.label), scale, certificate)


def _few_raters() -> str:
    return _(
        "It takes %(raters)d raters who each scored %(images)d hold-out images that somebody else "
        "scored, too."
    ) % {"raters": FEWEST_RATERS, "images": FEWEST_IMAGES}


_LACKS: dict[Lack, Callable[[], str]] = {
    Lack.FEW_RATERS: _few_raters,
    Lack.NOT_CLOSE: lambda: _("It does not surely match half of the raters."),
    Lack.NO_BETTER_THAN_MEAN: lambda: _(
        "It is not surely closer to the labels than their mean is."
    ),
}
