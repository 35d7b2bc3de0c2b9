"""Making and changing studies: the protocol's parsers check everything before it is kept."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError
from workbench.core.registry import UnknownEntryError

from ..models import (
    Explanation,
    Membership,
    OpinionRelease,
    ReleasePerspective,
    Score,
    Stimulus,
    Study,
)
from ..models.membership import MemberRole
from ..protocol.aigciqa2023 import default_perspectives
from ..protocol.errors import ProtocolError
from ..protocol.forms import ExplanationAsking, ExplanationForm
from ..protocol.perspectives import PerspectiveSettings, parse_perspectives
from ..protocol.plan import SessionPlan
from ..protocol.reliability_rules import ReliabilityRules
from ..protocol.translations import parse_translations
from ..protocol.viewing import ViewingChecks
from .audit import record
from .choices import REGISTRIES
from .perspectives import write_perspectives
from .protocols import current_protocol, hold_unanswered

#: Settings that are one value each: a field of the settings page has the name of the column.
SINGLE_SETTINGS = (
    "title",
    "consent",
    "erased_ratings",
    "identity_days",
    "instructions",
    "target_ratings",
    "maximum_ratings",
    "wanted_half_width",
    "holdout_ratings",
    "holdout_share",
    "audit_share",
    "teaching_share",
    "session_trials",
    "lease_seconds",
    "retrain_every",
    "retrain_nightly",
    "image_size",
    "opinion_method",
)
#: What an owner may set; the workbench keeps the rest of a study.
SETTINGS = (
    *SINGLE_SETTINGS,
    "perspectives",
    "explanation_form",
    "explanation_asked",
    "session_plan",
    "viewing_checks",
    "translations",
    "reliability_rules",
)
_STATUS_FROM: dict[str, tuple[str, ...]] = {
    Study.Status.OPEN: (Study.Status.DRAFT, Study.Status.PAUSED, Study.Status.CLOSED),
    Study.Status.PAUSED: (Study.Status.OPEN,),
    Study.Status.CLOSED: (Study.Status.OPEN, Study.Status.PAUSED, Study.Status.DRAFT),
}


class StudyError(MintError):
    """A study that cannot be made or changed as asked."""

    code = "study_invalid"


class StatusError(MintError):
    """A change of status that does not follow from where the study is."""

    code = "status_invalid"
    status = 409


def create_study(*, owner: User, title: str, slug: str = "", **settings: Any) -> Study:
    """A draft of `owner`'s; the slug is made from the title if none is given, and in lower case,
    so that no two differ by case alone.

    If no explanation form is given, it is the default one's part about what the study asks.
    """
    study = Study(title=title, slug=slug.lower() or free_slug(title))
    if is_reserved(study.slug):
        raise StudyError(
            _("“%(slug)s” is the address of a page of the workbench; choose another slug.")
            % {"slug": slug}
        )
    given = settings.pop("perspectives", None)
    asked = default_perspectives() if given is None else _parsed(given)
    study.explanation_form = study.form.about([item.key for item in asked]).to_json()
    _apply(study, settings, asked)
    with transaction.atomic():
        study.save()
        write_perspectives(study, asked)
        Membership.objects.create(study=study, user=owner, role=MemberRole.OWNER, sees_names=True)
        current_protocol(study.pk)
        record(study=study, actor=owner, action="study.created", title=title)
    return study


def update_study(*, study: Study, actor: User, changes: Mapping[str, Any]) -> Study:
    """Change settings; StudyError names the first that does not fit, and nothing is changed."""
    with transaction.atomic():
        # NO KEY, as `current_protocol` says.
        locked = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
        hold_unanswered(locked)
        columns = {name: value for name, value in changes.items() if name != "perspectives"}
        before = {name: getattr(locked, name) for name in columns}
        old = locked.perspective_settings
        asked = _parsed(changes["perspectives"]) if "perspectives" in changes else old
        _refuse_new_questions(locked, old, asked)
        _refuse_new_phrases(locked, columns)
        _apply(locked, columns, asked)
        locked.save(update_fields=list(columns))
        changed = [name for name in columns if before[name] != getattr(locked, name)]
        if asked != old:
            write_perspectives(locked, asked)
            changed.append("perspectives")
        current_protocol(locked.pk)
        changed.sort()
        _follow_rating_counts(locked, changed)
        if changed:
            record(study=locked, actor=actor, action="study.changed", settings=changed)
    return locked


def set_status(*, study: Study, actor: User, status: str) -> None:
    """Open, pause or close; StatusError if the study is somewhere else by now."""
    allowed = _STATUS_FROM.get(status, ())
    with transaction.atomic():
        if not Study.objects.filter(pk=study.pk, status__in=allowed).update(status=status):
            raise StatusError(
                _("The study cannot become “%(status)s” from its current state; reload the page.")
                % {"status": status}
            )
        record(study=study, actor=actor, action=f"study.{status}")
    study.status = status


def free_slug(title: str) -> str:
    """A slug that no study has, from the title (or `study` if it has no Latin letters)."""
    base = slugify(title)[:60] or "study"
    taken = set(Study.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number, slug = 1, base
    while slug in taken or is_reserved(slug):
        number += 1
        slug = f"{base}-{number}"
    return slug


def is_reserved(slug: str) -> bool:
    """Whether a study's address by this slug would be that of another page."""
    try:
        return resolve(reverse("study", args=[slug])).url_name != "study"
    except NoReverseMatch:
        return False  # not a slug, which is said elsewhere


def _parsed(perspectives: Sequence[Mapping[str, Any]]) -> tuple[PerspectiveSettings, ...]:
    try:
        return parse_perspectives(perspectives)
    except ProtocolError as error:
        raise StudyError(str(error)) from error


def _apply(study: Study, settings: Mapping[str, Any], asked: Sequence[PerspectiveSettings]) -> None:
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise StudyError(
            _("A study has no setting “%(name)s”; it has %(known)s.")
            % {"name": unknown[0], "known": ", ".join(SETTINGS)}
        )
    for name, value in settings.items():
        setattr(study, name, value)
    try:
        form = ExplanationForm.from_json(study.explanation_form)
        form.check_perspectives([item.key for item in asked])
        # Settings left out are stored with their defaults: these are the study's from now on.
        study.explanation_asked = ExplanationAsking.from_json(study.explanation_asked).to_json()
        study.session_plan = SessionPlan.from_json(study.session_plan).to_json()
        study.viewing_checks = ViewingChecks.from_json(study.viewing_checks).to_json()
        study.reliability_rules = ReliabilityRules.from_json(study.reliability_rules).to_json()
        study.translations = parse_translations(study.translations)
        for name, entries in REGISTRIES.items():
            entries[getattr(study, name)]
        study.full_clean()
    except (ProtocolError, UnknownEntryError) as error:
        raise StudyError(str(error)) from error
    except ValidationError as error:
        raise StudyError(_first_message(error)) from error


def _first_message(error: ValidationError) -> str:
    name, messages = next(iter(error.message_dict.items()))
    return messages[0] if name == "__all__" else f"{name}: {messages[0]}"


def _refuse_new_questions(
    study: Study, old: Sequence[PerspectiveSettings], new: Sequence[PerspectiveSettings]
) -> None:
    """Ratings are comparable if the same was asked on the same scales, so both are fixed by the
    first; so is the order, which says what is asked next of an image."""
    same_keys = [item.key for item in old] == [item.key for item in new]
    if same_keys and [item.scale for item in old] == [item.scale for item in new]:
        return
    if not has_ratings(study):
        return
    if same_keys:
        raise StudyError(_("The scale cannot change: the study has ratings. Create a new study."))
    raise StudyError(
        _(
            "Perspectives cannot be added, removed or moved: the study has ratings. "
            "Create a new study."
        )
    )


def _refuse_new_phrases(study: Study, changes: Mapping[str, Any]) -> None:
    """An explanation is kept as the numbers of its phrases, so phrases are fixed by the first.

    Further fields may be added, and names and free texts changed.
    """
    if "explanation_form" not in changes:
        return
    try:
        form = ExplanationForm.from_json(changes["explanation_form"])
    except ProtocolError as error:
        raise StudyError(str(error)) from error
    new = {field.key: (field.perspective, field.phrases) for field in form.fields}
    old = study.form.fields
    if all(new.get(field.key) == (field.perspective, field.phrases) for field in old):
        return
    if has_explanations(study):
        raise StudyError(
            _("The phrases cannot change: they have been used. Add a field, or create a new study.")
        )


def has_ratings(study: Study) -> bool:
    """Also if they are erased, and only a kept release tells of them."""
    told = ReleasePerspective.objects.filter(release__study=study)
    return (
        Score.objects.filter(trial__stimulus__study=study).exists()
        or told.exclude(release__state=OpinionRelease.State.LIVE).exists()
    )


def has_explanations(study: Study) -> bool:
    return Explanation.objects.filter(trial__stimulus__study=study).exists()


def _follow_rating_counts(study: Study, changed: Collection[str]) -> None:
    """Main images not yet rated more often than that take over the study's new numbers."""
    main = Stimulus.objects.filter(study=study, purpose=Stimulus.Purpose.MAIN)
    # With another half-width wanted, what is topped up is found again (`rating.topping_up`).
    if {"target_ratings", "maximum_ratings", "wanted_half_width"} & set(changed):
        main.filter(
            split=Stimulus.Split.POOL,
            claimed_ratings__lte=study.maximum_ratings,
        ).update(
            wanted_ratings=F("claimed_ratings") if study.pool_closed else study.target_ratings,
            maximum_ratings=study.maximum_ratings,
        )
    if "holdout_ratings" in changed:
        main.filter(
            split=Stimulus.Split.HOLDOUT,
            claimed_ratings__lte=study.holdout_ratings,
        ).update(wanted_ratings=study.holdout_ratings, maximum_ratings=study.holdout_ratings)
