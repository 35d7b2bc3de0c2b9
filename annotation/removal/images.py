"""Taking images out of use and putting them back."""

import time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from workbench.accounts.models import User

from ..models import Stimulus, Trial
from ..models.stimulus import FILES
from ..rating import slots
from ..stimuli.imports.store import study_lock
from ..studies.audit import record
from .errors import RemovalError, RemovalStateError, checked_reason
from .files import delete_files, files_only_of_image

#: A lease that an answer holds at that moment is looked at again, for less than 200 ms.
_TRIES = 8
_PAUSE_SECONDS = 0.025

_WITHOUT_FILE: dict[str, Any] = {
    **dict.fromkeys(FILES, ""),
    "sha256": "",
    "width": None,
    "height": None,
    "rendering": 0,
}


def set_image_state(
    *, stimulus: Stimulus, actor: User | None, state: str, reason: str = ""
) -> Stimulus:
    """Takes an image out of use (with a reason), changes whether its scores count, deletes its
    files, or puts it back; what raters said about it is kept in any case.

    A rater who holds the image is given another one. Live scores, labels, coverage and priorities
    follow; named releases keep its scores. Raises RemovalError for a state that there is not, or no
    reason, RemovalStateError if the image cannot get there from where it is.
    """
    if state not in Stimulus.State.values:
        raise RemovalError(
            _("An image has no state “%(state)s”; it has %(known)s.")
            % {"state": state, "known": ", ".join(Stimulus.State.values)}
        )
    reason = checked_reason(reason, required=state != Stimulus.State.IN_USE)
    if state == Stimulus.State.PURGED:
        purge(stimulus=stimulus, actor=actor, reason=reason)
    else:
        with transaction.atomic():
            _change(stimulus, actor, state, reason)
    move_raters_on(stimulus)
    stimulus.refresh_from_db()
    return stimulus


def purge(*, stimulus: Stimulus, actor: User | None, reason: str) -> None:
    """Deletes the image's files, as far as no other image has them too."""
    # An import may find a file there, and point another row to it.
    with study_lock(stimulus.study):
        with transaction.atomic():
            names = files_only_of_image(stimulus)
            _change(stimulus, actor, Stimulus.State.PURGED, reason)
        delete_files(names)


def move_raters_on(stimulus: Stimulus) -> None:
    """Ends the leases on an image that is out of use; whoever has it on the screen is told so when
    they answer, and gets another one."""
    if stimulus.state == Stimulus.State.IN_USE:
        return
    for _try in range(_TRIES):
        slots.release_image(stimulus_id=stimulus.pk)
        if not Trial.objects.filter(stimulus=stimulus, state=Trial.State.LEASED).exists():
            return
        time.sleep(_PAUSE_SECONDS)


def _change(stimulus: Stimulus, actor: User | None, state: str, reason: str) -> None:
    locked = Stimulus.objects.select_for_update(no_key=True).get(pk=stimulus.pk)
    _refuse(locked, state)
    fields: dict[str, Any] = {"state": state}
    if state == Stimulus.State.PURGED:
        fields |= _WITHOUT_FILE
    Stimulus.objects.filter(pk=locked.pk).update(**fields)
    stimulus.state = state
    record(
        study=locked.study,
        actor=actor,
        action=f"image.{state}",
        stimulus=locked.pk,
        filename=locked.filename,
        reason=reason,
    )


def _refuse(stimulus: Stimulus, state: str) -> None:
    if stimulus.state == Stimulus.State.PURGED:
        raise RemovalStateError(_("The image’s files were deleted; nothing can be changed."))
    if stimulus.state == state:
        raise RemovalStateError(_("The image is in that state already; reload the page."))
    if state == Stimulus.State.IN_USE and stimulus.replaced_by_id is not None:
        raise RemovalStateError(
            _("The image was replaced by another one under its name; it cannot come back.")
        )
