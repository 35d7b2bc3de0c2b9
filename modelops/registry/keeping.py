"""Releases that are kept for label snapshots: they go with the last snapshot that needs them."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from annotation.models import OpinionRelease
from annotation.opinion.numbering import hold_off_writers

from ..models import LabelSnapshot


def let_go(release: OpinionRelease) -> None:
    """Deletes a frozen release that no snapshot refers to. Run it as the only writer."""
    OpinionRelease.objects.filter(
        pk=release.pk, state=OpinionRelease.State.FROZEN, label_snapshots=None
    ).delete()


@receiver(post_delete, sender=LabelSnapshot)
def _let_go_with_snapshot(instance: LabelSnapshot, **_signal: Any) -> None:
    if instance.release is not None:
        # A snapshot that is being taken may be about to refer to it.
        hold_off_writers(instance.study)
        let_go(instance.release)
