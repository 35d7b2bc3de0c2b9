"""What happened to a job, and when: kept with the job, written with each change of its state."""

from typing import Any

from django.db.models import Case, F, Func, IntegerField, JSONField, Q, TextChoices, Value, When
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.lookups import LessThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: Of one job: those that are put back again and again would fill their row.
MOST = 200


class Event(TextChoices):
    TAKEN = "taken", _("Taken by a worker")
    STAGE = "stage", _("Step")
    PUT_BACK = "put_back", _("Put back, to be done later")
    HANDED_ON = "handed_on", _("Its worker fell silent: handed on to another one")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


def entry(event: Event, **facts: Any) -> dict[str, Any]:
    """As it is stored; `at` in ISO 8601."""
    return {"at": timezone.now().isoformat(), "event": event.value, **facts}


def with_entry(event: Event, *, unless: Q | None = None, **facts: Any) -> Combinable:
    """For `update(history=…)`: the job's history with one entry more, unless the row as it was
    meets `unless`, or has MOST entries."""
    size = Func(F("history"), function="jsonb_array_length", output_field=IntegerField())
    longer = CombinedExpression(
        F("history"), "||", Value([entry(event, **facts)], JSONField()), output_field=JSONField()
    )
    kept = [When(unless, then=F("history"))] if unless is not None else []
    return Case(*kept, When(LessThan(size, MOST), then=longer), default=F("history"))
