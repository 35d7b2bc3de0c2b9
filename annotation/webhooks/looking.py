"""What no single request can tell: that ratings have reached a number, or that a rater fails a
rule now. Looked for now and then, in studies whose webhooks ask for it, and told once each; no
rating waits for it (docs/decisions/027)."""

from collections.abc import Callable, Collection, Mapping

import structlog
from django.core.cache import cache
from django.db import transaction
from django.db.models import Max

from ..models import AuditEntry, Rater, Score, Study, Webhook
from ..models.webhook import SENT_STATES, EventType
from ..opinion.reliability.selectors import Standing, renew
from ..studies.audit import record
from ..studies.counting import excluded_raters
from ..studies.counts import counts_of

#: How long it is known that a study was looked at.
_SEEN_SECONDS = 3600

log = structlog.get_logger(__name__)


def look_for_milestones() -> None:
    _look(EventType.RATINGS_MILESTONE, tell_milestones)


def look_for_flagged_raters() -> None:
    _look(EventType.RATER_FLAGGED, tell_flagged_raters)


def reached(ratings: int) -> int:
    """The highest milestone: 100, then every 1,000; 0 below."""
    return ratings // 1000 * 1000 if ratings >= 1000 else 100 if ratings >= 100 else 0


def tell_milestones(study: Study) -> None:
    """Only the highest number, if several were passed since the last look."""
    counts = counts_of(study)
    highest = reached(counts.ratings)
    if highest > max(_told(study, "ratings.reached", "ratings"), default=0):
        record(study=study, actor=None, action="ratings.reached", ratings=highest)
    # Of those images: more of them can be imported, and completed, later.
    complete = counts.given >= counts.wanted > 0
    if complete and counts.wanted not in _told(study, "ratings.complete", "wanted"):
        record(
            study=study,
            actor=None,
            action="ratings.complete",
            ratings=counts.given,
            wanted=counts.wanted,
        )


def tell_flagged_raters(study: Study) -> None:
    """Each rule that a rater fails, once."""
    standings = renew(study)
    failing = {key: item for key, item in standings.items() if item.flags}
    raters = Rater.objects.filter(pk__in=failing).exclude(pk__in=excluded_raters(study))
    told = _told_rules(study)
    for rater in raters.order_by("pk"):
        rules = _new_rules(failing[rater.pk], told.get(rater.code, ()))
        if rules:
            record(study=study, actor=None, action="rater.flagged", rater=rater.code, rules=rules)


def _new_rules(standing: Standing, told: Collection[str]) -> list[str]:
    rules = dict.fromkeys(flag.rule for flag in standing.flags)
    return [rule for rule in rules if rule not in told]


def _told_rules(study: Study) -> Mapping[str, set[str]]:
    """Rater's code → rules."""
    found: dict[str, set[str]] = {}
    entries = AuditEntry.objects.filter(study=study, action="rater.flagged")
    for detail in entries.values_list("detail", flat=True):
        found.setdefault(detail["rater"], set()).update(detail["rules"])
    return found


def _told(study: Study, action: str, name: str) -> list[int]:
    entries = AuditEntry.objects.filter(study=study, action=action)
    return [detail[name] for detail in entries.values_list("detail", flat=True)]


def _look(event: EventType, tell: Callable[[Study], None]) -> None:
    newest = Score.objects.aggregate(newest=Max("pk"))["newest"] or 0
    for study in _listening(event):
        seen = f"webhooks:{event}:{study.pk}"
        if cache.get(seen) == newest:
            continue
        try:
            told = _tell_alone(study, tell)
        except Exception:
            # It may fail for what one study holds; the others must not wait for that.
            log.exception("events not looked for", study=study.slug, told=str(event))
        else:
            if told:
                cache.set(seen, newest, _SEEN_SECONDS)


@transaction.atomic
def _tell_alone(study: Study, tell: Callable[[Study], None]) -> bool:
    """False if somebody else is at it, or changes the study: then the next look will do."""
    free = Study.objects.select_for_update(no_key=True, skip_locked=True)
    found = free.filter(pk=study.pk).first()
    if found is not None:
        tell(found)
    return found is not None


def _listening(event: EventType) -> list[Study]:
    webhooks = Webhook.objects.filter(state__in=SENT_STATES, events__contains=[event])
    away = (Study.Status.ARCHIVED, Study.Status.DELETING)
    found = Study.objects.filter(pk__in=webhooks.values("study")).exclude(status__in=away)
    return list(found.order_by("pk"))
