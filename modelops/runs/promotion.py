"""Which version of a predictor is in use."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.studies import audit
from workbench.accounts.models import User

from ..acquisition.ranking import StoredRanking, apply_ranking, read_ranking
from ..errors import NotScoredError, VersionStateError
from ..learning.evaluation import mean_srcc
from ..models import ModelVersion, Predictor
from ..registry.selectors import is_scored

State = ModelVersion.State
#: A candidate may promote itself unless its mean hold-out SRCC falls by more than this: the spread
#: between equally good models on a small hold-out.
SRCC_TOLERANCE = 0.02


def promote(*, version: ModelVersion, actor: User | None) -> None:
    """Makes `version` its predictor's active one; if that leads, its uncertainty is the order of
    rating at once.

    A candidate, or a retired version that is taken back. Raises NotScoredError before its scoring
    is over, VersionStateError if it is active or rejected.
    """
    with transaction.atomic():
        # Promotions in one study are serialized; otherwise each would retire the other's.
        Study.objects.select_for_update(no_key=True).get(pk=version.study_id)
        _require_scored(version)
        _promote(version, actor, read_ranking(version))
    version.refresh_from_db(fields=["state", "promoted_at"])


def _promote(version: ModelVersion, actor: User | None, ranking: StoredRanking) -> None:
    active = ModelVersion.objects.filter(predictor=version.predictor_id, state=State.ACTIVE)
    previous = active.exclude(pk=version.pk).values_list("number", flat=True).first()
    active.exclude(pk=version.pk).update(state=State.RETIRED)
    promoted = ModelVersion.objects.filter(
        pk=version.pk, state__in=[State.CANDIDATE, State.RETIRED]
    ).update(state=State.ACTIVE, promoted_at=timezone.now())
    if not promoted:
        raise _wrong_state(version, _("only a candidate or a retired version can be promoted"))
    _rank(version, ranking)
    audit.record(
        study=version.study,
        actor=actor,
        action="model.promoted",
        number=version.number,
        predictor=version.predictor.name,
        previous=previous,
    )


def _rank(version: ModelVersion, ranking: StoredRanking) -> None:
    if Predictor.objects.filter(pk=version.predictor_id, leading=True).exists():
        apply_ranking(version, ranking)


def reject(*, version: ModelVersion, actor: User | None) -> None:
    """Sets a candidate aside for good. Raises VersionStateError if it is not a candidate."""
    with transaction.atomic():
        rejected = ModelVersion.objects.filter(pk=version.pk, state=State.CANDIDATE).update(
            state=State.REJECTED
        )
        if not rejected:
            raise _wrong_state(version, _("only a candidate can be rejected"))
        audit.record(
            study=version.study, actor=actor, action="model.rejected", number=version.number
        )
    version.refresh_from_db(fields=["state"])


def after_scoring(version: ModelVersion, ranking: StoredRanking) -> None:
    """The consequences of a finished scoring: new priorities, or a promotion that waited for it.

    To be called in the transaction that ends the run.
    """
    Study.objects.select_for_update(no_key=True).get(pk=version.study_id)
    version.refresh_from_db(fields=["state"])
    if version.state == State.ACTIVE:
        _rank(version, ranking)
        return
    if version.state != State.CANDIDATE or not version.training_run.promote_when_done:
        return
    active = version.predictor.versions.filter(state=State.ACTIVE).first()
    if active is None or _is_no_worse(version, active):
        _promote(version, None, ranking)
        version.refresh_from_db(fields=["state", "promoted_at"])
        return
    audit.record(
        study=version.study,
        actor=None,
        action="model.kept_back",
        number=version.number,
        active=active.number,
        srcc=mean_srcc(version.agreements.values()),
        active_srcc=mean_srcc(active.agreements.values()),
    )


def _is_no_worse(candidate: ModelVersion, active: ModelVersion) -> bool:
    new, old = mean_srcc(candidate.agreements.values()), mean_srcc(active.agreements.values())
    # Without a hold-out nothing speaks against the newer labels.
    return new is None or old is None or new >= old - SRCC_TOLERANCE


def _require_scored(version: ModelVersion) -> None:
    if is_scored(version):
        return
    raise NotScoredError(
        _(
            "Version %(number)d has not predicted all images yet. Wait for its scoring to finish, "
            "or start it again: on the model page, or with `manage.py predict %(study)s --version "
            "%(number)d`."
        )
        % {"number": version.number, "study": version.study.slug}
    )


def _wrong_state(version: ModelVersion, rule: str) -> VersionStateError:
    current = ModelVersion.objects.get(pk=version.pk)
    return VersionStateError(
        _("Version %(number)d is %(state)s; %(rule)s.")
        % {
            "number": version.number,
            "state": current.get_state_display().lower(),
            "rule": rule,
        }
    )
