"""The model rates the rest: raters are asked for no more images of the pool, on certificates.

Raters answer all questions about an image together, so it takes a certificate from every
perspective. Nothing is written in the place of ratings: what stands for them are predictions, which
exports and releases keep apart from opinion scores. The hold-out is rated on, so that certificates
stay true.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.stimuli.closing import close_pool, left_to_rate, open_pool
from annotation.studies import audit
from workbench.accounts.models import User

from ..errors import RestError
from ..models import ModelVersion
from ..registry.selectors import version_of
from .certificate_words import CertificateRow, certificate_rows


def rate_rest_by_model(*, study: Study, actor: User | None) -> ModelVersion:
    """Closes the pool to raters, on the certificates of the version in use, which it returns.

    Raises NoModelError without one, RestError if a perspective has no certificate, or the pool is
    closed already.
    """
    version = version_of(study, None)
    rows = certificate_rows(version, now=True)
    _require_certificates(study, rows)
    with transaction.atomic():
        images = left_to_rate(study)
        if not close_pool(study):
            raise RestError(_("The model is rating the rest already."))
        audit.record(
            study=study,
            actor=actor,
            action="rest.by_model",
            number=version.number,
            predictor=version.predictor.name,
            images=images,
            errors={row.key: _error(row) for row in rows},
        )
    return version


def rate_rest_by_raters(*, study: Study, actor: User | None) -> None:
    """Takes it back. Raises RestError if raters are asked already."""
    with transaction.atomic():
        if not open_pool(study):
            raise RestError(_("Raters are asked for the images of the pool already."))
        audit.record(study=study, actor=actor, action="rest.by_raters", images=left_to_rate(study))


def lacking(study: Study, rows: list[CertificateRow]) -> list[str]:
    """Names of the perspectives without a certificate."""
    granted = {row.key for row in rows if row.granted}
    named = {row.key: row.label for row in rows}
    keys = [item.key for item in study.perspective_settings]
    return [named.get(key, key) for key in keys if key not in granted]


def _require_certificates(study: Study, rows: list[CertificateRow]) -> None:
    names = lacking(study, rows)
    if names:
        raise RestError(
            _(
                "Raters answer all questions about an image together, so the model may rate the "
                "rest only with a certificate from every perspective. It has none from: %(names)s."
            )
            % {"names": ", ".join(names)}
        )


def _error(row: CertificateRow) -> dict[str, float | None] | None:
    """What a score is off by that rests on the model alone, on the perspective's scale."""
    if row.error is None:
        return None
    found = row.error.rmse
    return {"value": found.value, "low": found.low, "high": found.high}
