"""Which of a study's images are for practice and for checking raters, chosen from what is there.

Such an image needs known scores, one for each perspective that it is to show or check: those that
its owner gives, those that it was imported with, or what its own raters say. One service for the
page, the API and the command.
"""

from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ..models import OpinionRelease, OpinionScore, Stimulus, Study
from ..opinion.imported import (
    CHOSEN,
    Published,
    imported_scores,
    renew_content,
    write_published,
)
from ..opinion.releases import mark_stale
from ..opinion.selectors import scores_of
from ..opinion.sources import Source
from ..studies.audit import record
from .imports.rows import rating_places

#: Of one click, or one request.
MOST_AT_ONCE = 1000
#: File names in a message.
_NAMED = 3


class PurposeError(MintError):
    """Images that cannot be used so, or scores that are not on the study's scale."""

    code = "purpose_invalid"
    status = 400


def set_purpose(
    *,
    study: Study,
    actor: User | None,
    stimuli: Collection[int],
    purpose: str,
    scores: Mapping[str, float] | None = None,
) -> int:
    """Makes the images main, practice or gold ones; how many were changed, or got other scores.

    scores: what is expected of each of them, by the perspective's key, on the study's scale.
    Ratings of an image that is no longer a main one do not count; none is deleted, and they count
    again when it is one again. Raises PurposeError, and nothing is changed.
    """
    if purpose not in Stimulus.Purpose.values:
        raise PurposeError(
            _("“%(purpose)s” is no purpose of an image; choose %(known)s.")
            % {"purpose": purpose, "known": ", ".join(Stimulus.Purpose.values)}
        )
    expected = _on_unit_scale(study, scores or {})
    keys = set(stimuli)
    if not keys:
        raise PurposeError(_("Choose at least one image."))
    if len(keys) > MOST_AT_ONCE:
        raise PurposeError(_("Choose at most %(most)d images at once.") % {"most": MOST_AT_ONCE})
    # Before the transaction: making them again takes one of its own.
    own = scores_of(study, list(Stimulus.objects.filter(study=study, pk__in=keys)))
    said = {
        pk: _on_unit_scale(study, {key: item.value for key, item in found.items()})
        for pk, found in own.items()
    }
    with transaction.atomic():
        rows = _locked(study, keys)
        _refuse_unfit(rows, purpose)
        if purpose == Stimulus.Purpose.MAIN:
            _forget_chosen(study, rows)
        else:
            _write_expected(study, rows, expected, said)
        changed = _write(study, rows, purpose)
        if changed or expected:
            mark_stale(study)
            record(
                study=study,
                actor=actor,
                action="stimuli.purpose_changed",
                purpose=purpose,
                images=len(rows),
            )
    return len(rows) if expected else changed


def _on_unit_scale(study: Study, scores: Mapping[str, float]) -> dict[str, float]:
    """On 0…1; the ends of the scale are allowed, steps are not asked for: a mean has none."""
    asked = {item.key: item for item in study.perspective_settings}
    found = {}
    for key, score in scores.items():
        if key not in asked:
            raise PurposeError(
                _("The study has no perspective “%(key)s”; it has %(known)s.")
                % {"key": key, "known": ", ".join(asked)}
            )
        scale = asked[key].scale
        if not scale.minimum <= score <= scale.maximum:
            raise PurposeError(
                _("%(perspective)s: %(score)s is not on the study’s scale of %(low)s to %(high)s.")
                % {
                    "perspective": asked[key].label,
                    "score": f"{score:g}",
                    "low": f"{scale.minimum:g}",
                    "high": f"{scale.maximum:g}",
                }
            )
        found[key] = scale.to_unit(score)
    return found


def _locked(study: Study, keys: Collection[int]) -> list[Stimulus]:
    rows = list(
        Stimulus.objects.select_for_update(no_key=True)
        .filter(study=study, pk__in=keys)
        .order_by("pk")
    )
    if len(rows) != len(keys):
        raise PurposeError(_("Some of the images are not in this study; reload the page."))
    return rows


def _refuse_unfit(rows: Sequence[Stimulus], purpose: str) -> None:
    if purpose != Stimulus.Purpose.MAIN:
        _refuse(
            [row for row in rows if row.state != Stimulus.State.IN_USE],
            _("%(names)s: out of use; put the image back first."),
        )
        _refuse(
            [row for row in rows if not row.sha256],
            _("%(names)s: there is no image, only labels; import the image first."),
        )
        _refuse(
            [row for row in rows if row.split == Stimulus.Split.HOLDOUT],
            _("%(names)s: held out to measure the model; choose images of the pool."),
        )
    if purpose != Stimulus.Purpose.GOLD:
        _refuse(
            [row for row in rows if row.attention_check],
            _("%(names)s: an attention check, which tells raters what to answer; it stays gold."),
        )


def _refuse(rows: Sequence[Stimulus], text: str) -> None:
    if rows:
        names = ", ".join(row.filename for row in rows[:_NAMED])
        more = f" (+{len(rows) - _NAMED})" if len(rows) > _NAMED else ""
        raise PurposeError(text % {"names": names + more})


def _write_expected(
    study: Study,
    rows: Sequence[Stimulus],
    expected: Mapping[str, float],
    said: Mapping[int, Mapping[str, float]],
) -> None:
    """The given scores; without any, what raters say of those images that have no known score."""
    imported = imported_scores(study.pk).filter(stimulus__in=rows)
    known = set(imported.values_list("stimulus", flat=True))
    scores = {
        row.pk: expected or said.get(row.pk, {}) for row in rows if expected or row.pk not in known
    }
    _refuse(
        [row for row in rows if row.pk in scores and not scores[row.pk]],
        _("%(names)s: no scores are known yet; give those that you expect."),
    )
    published = [
        Published(pk, key, unit) for pk, found in scores.items() for key, unit in found.items()
    ]
    if published:
        write_published(study, Source(CHOSEN), published)


def _forget_chosen(study: Study, rows: Sequence[Stimulus]) -> None:
    """A main image learns from its raters, not from what was expected of it."""
    release = OpinionRelease.objects.filter(study=study, source=CHOSEN).first()
    if release is not None:
        OpinionScore.objects.filter(release=release, stimulus__in=rows).delete()
        renew_content(release)


def _write(study: Study, rows: Sequence[Stimulus], purpose: str) -> int:
    changed = [row for row in rows if row.purpose != purpose]
    for row in changed:
        wanted, maximum = rating_places(study, split=row.split, purpose=purpose)
        row.purpose = purpose
        row.wanted_ratings, row.maximum_ratings = wanted, max(maximum, row.claimed_ratings)
    Stimulus.objects.bulk_update(changed, ["purpose", "wanted_ratings", "maximum_ratings"])
    return len(changed)
