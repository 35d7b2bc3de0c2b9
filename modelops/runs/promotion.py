"""Which version of a predictor is in use."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.studies import audit
from workbench.accounts.models import User

from ..acquisition.ranking import StoredRanking, apply_ranking, read_ranking
from ..errors import NotScoredError, VersionStateError
from ..models import ModelVersion, Predictor
from ..registry.holdout import Standing, holdout_labels, holdout_points, standings
from ..registry.labelled import LabelledStimuli
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


def _promote(
    version: ModelVersion, actor: User | None, ranking: StoredRanking, **decided_by: float | None
) -> None:
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
        version=version.pk,
        number=version.number,
        predictor=version.predictor.name,
        previous=previous,
        **decided_by,
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


def labels_to_decide_by(version: ModelVersion) -> LabelledStimuli | None:
    """The hold-out's current labels if a promotion waits for the scoring of `version`.

    To be called before the transaction that ends the run: bringing labels up to date waits for
    whoever does so already.
    """
    waits = version.training_run.promote_when_done and version.state == State.CANDIDATE
    return holdout_labels(version.study) if waits else None


def after_scoring(
    version: ModelVersion, ranking: StoredRanking, labels: LabelledStimuli | None
) -> None:
    """The consequences of a finished scoring: new priorities, or a promotion that waited for it.

    To be called in the transaction that ends the run; `labels` are those `labels_to_decide_by`.
    """
    Study.objects.select_for_update(no_key=True).get(pk=version.study_id)
    version.refresh_from_db(fields=["state"])
    if version.state == State.ACTIVE:
        _rank(version, ranking)
    elif version.state == State.CANDIDATE and labels is not None:
        _decide(version, ranking, labels)
        version.refresh_from_db(fields=["state", "promoted_at"])


def _decide(candidate: ModelVersion, ranking: StoredRanking, labels: LabelledStimuli) -> None:
    """Promotes a candidate unless it is worse; what decided goes into the audit trail."""
    active = candidate.predictor.versions.filter(state=State.ACTIVE).first()
    if active is None:
        _promote(candidate, None, ranking)
        return
    new, old = standings([holdout_points(version, labels) for version in (candidate, active)])
    if _is_no_worse(new, old):
        _promote(candidate, None, ranking, srcc=new.srcc, active_srcc=old.srcc)
        return
    audit.record(
        study=candidate.study,
        actor=None,
        action="model.kept_back",
        number=candidate.number,
        active=active.number,
        srcc=new.srcc,
        active_srcc=old.srcc,
    )


def _is_no_worse(candidate: Standing, active: Standing) -> bool:
    # Without a hold-out nothing speaks against the newer labels.
    if candidate.srcc is None or active.srcc is None:
        return True
    return candidate.srcc >= active.srcc - SRCC_TOLERANCE


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
