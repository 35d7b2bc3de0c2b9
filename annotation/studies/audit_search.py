"""Finding acts in the audit trail: by who, which study, what it says, and when."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy

from ..models import AuditEntry
from .acts import ACTS, said

CSV_COLUMNS = ("when_utc", "who", "study", "action", "words", "detail")


class SearchForm(forms.Form):
    """What to look for; all of it may be left out."""

    search = forms.CharField(
        label=gettext_lazy("Who, study or words"), required=False, max_length=200
    )
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput({"type": "date"})
    )

    def found(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Those of `entries` that are looked for; all of a field that cannot be read."""
        self.is_valid()
        asked = self.cleaned_data
        if asked.get("search"):
            entries = _saying(entries, asked["search"])
        since: date | None = asked.get("since")
        until: date | None = asked.get("until")
        if since:
            entries = entries.filter(created_at__date__gte=since)
        if until:
            entries = entries.filter(created_at__date__lte=until)
        return entries


def _saying(entries: QuerySet[AuditEntry], text: str) -> QuerySet[AuditEntry]:
    """By account, study, the sentence (in the reader's language) or what it is filled with."""
    wanted = text.casefold()
    acts = [action for action, words in ACTS.items() if wanted in str(words).casefold()]
    return entries.annotate(filled=Cast("detail", TextField())).filter(
        Q(actor__username__icontains=text)
        | Q(study__title__icontains=text)
        | Q(study__slug__icontains=text)
        | Q(action__in=acts)
        | Q(action__icontains=text)
        | Q(filled__icontains=text)
    )


def csv_rows(entries: QuerySet[AuditEntry]) -> Iterator[list[Any]]:
    """A row of CSV_COLUMNS for each, the earliest first."""
    ordered = entries.select_related("actor", "study").order_by("created_at", "pk")
    for entry in ordered.iterator(chunk_size=2000):
        yield [
            entry.created_at,
            entry.actor.username if entry.actor else "",
            entry.study.slug if entry.study else "",
            entry.action,
            said(entry),
            "; ".join(f"{name}={value}" for name, value in entry.detail.items()),
        ]
