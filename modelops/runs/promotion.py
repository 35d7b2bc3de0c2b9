"""Which version of a predictor is in use."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.studies import audit
from workbench.accounts.models import User

from ..acquisition.ranking import StoredRanking, apply_ranking, read_ranking
from ..errors import NotScoredError, ReasonNeededError, VersionStateError
from ..judging.gate import Outcome
from ..models import ModelVersion, Predictor
from ..registry.holdout import holdout_labels
from ..registry.labelled import LabelledStimuli
from ..registry.selectors import is_scored
from ..registry.verdicts import Judged, champion_of, judged
from .verdict_words import verdict_lines

State = ModelVersion.State
#: Characters of a reason that are kept.
_LONGEST_REASON = 500


def promote(*, version: ModelVersion, actor: User | None, reason: str = "") -> None:
    """Makes `version` its predictor's active one; if that leads, its uncertainty is the order of
    rating at once.

    A candidate that the gate lets pass, or for which `reason` says why it is taken nevertheless; or
    a retired version that is taken back, without a question. Raises NotScoredError before its
    scoring is over, VersionStateError if it is active or rejected or another version was taken into
    use meanwhile, ReasonNeededError if the gate says no and nobody says why not.
    """
    _require_scored(version)
    found = judged(version) if version.state == State.CANDIDATE else None
    if found is not None and not found.passes and not reason.strip():
        raise _reason_needed(version, found)
    with transaction.atomic():
        # Promotions in one study are serialized; otherwise each would retire the other's.
        Study.objects.select_for_update(no_key=True).get(pk=version.study_id)
        _require_scored(version)
        _require_same_champion(version, found)
        _promote(version, actor, read_ranking(version), found, reason.strip()[:_LONGEST_REASON])
    version.refresh_from_db(fields=["state", "promoted_at"])


def _promote(
    version: ModelVersion,
    actor: User | None,
    ranking: StoredRanking,
    found: Judged | None,
    reason: str = "",
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
    detail: dict[str, Any] = {
        "version": version.pk,
        "number": version.number,
        "predictor": version.predictor.name,
        "previous": previous,
        **(_numbers(found) if found else {}),
    }
    if found is not None and not found.passes:
        detail["reason"] = reason
        audit.record(study=version.study, actor=actor, action="model.overridden", **detail)
    else:
        audit.record(study=version.study, actor=actor, action="model.promoted", **detail)


def _numbers(found: Judged) -> dict[str, Any]:
    """What decided, for the audit trail."""
    change = found.verdict.change
    return {
        "srcc": found.standing.srcc,
        "active_srcc": found.champion_standing.srcc,
        "change": change.value if change else None,
        "low": change.low if change else None,
        "high": change.high if change else None,
        "images": found.verdict.images,
        "verdict": [found.verdict.outcome, *found.verdict.reasons],
    }


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
    """Promotes a candidate if the gate lets it pass; what decided goes into the audit trail."""
    found = judged(candidate, labels)
    if found is None or found.passes:
        _promote(candidate, None, ranking, found)
        return
    detail: dict[str, Any] = {
        "number": candidate.number,
        "active": found.champion.number,
        **_numbers(found),
    }
    if found.verdict.outcome is Outcome.ASK:
        audit.record(study=candidate.study, actor=None, action="model.waits", **detail)
    else:
        audit.record(study=candidate.study, actor=None, action="model.kept_back", **detail)


def _reason_needed(version: ModelVersion, found: Judged) -> ReasonNeededError:
    advice = _("To promote it nevertheless, give a reason: the audit trail keeps it.")
    return ReasonNeededError(" ".join([*verdict_lines(version, found), advice]))


def _require_same_champion(version: ModelVersion, found: Judged | None) -> None:
    """Another promotion may have come first: the verdict was on a version that is gone."""
    now = champion_of(version)
    # Without another one, it is this version that somebody else has just promoted.
    if version.state != State.CANDIDATE or now is None or (found and now == found.champion):
        return
    raise VersionStateError(
        _(
            "Version %(champion)d was taken into use meanwhile. Read how version %(number)d "
            "compares with it, then decide again."
        )
        % {"champion": now.number, "number": version.number}
    )


def _require_scored(version: ModelVersion) -> None:
    if is_scored(version):
        return
    raise NotScoredError(
        _(
            "Version %(number)d has not predicted all images yet. Wait for its scoring to finish, "
            "or start it again on the model page."
        )
        % {"number": version.number}
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
