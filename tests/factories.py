"""Small things that many tests need. Images are real files, each with its own content."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from PIL import Image

from annotation.models import (
    Explanation,
    Generator,
    Membership,
    OpinionRelease,
    OpinionScore,
    Perspective,
    Prompt,
    Rater,
    RatingSession,
    Score,
    Stimulus,
    Study,
    Trial,
)
from annotation.models.membership import MemberRole
from annotation.opinion.imported import release_of
from annotation.opinion.sources import Source
from annotation.protocol.aigciqa2023 import default_perspectives
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.plan import PLAIN
from annotation.studies.perspectives import write_perspectives
from annotation.studies.protocols import current_protocol
from workbench.accounts.models import User


def make_user(username: str, **fields: Any) -> User:
    return User.objects.create_user(username=username, password="correct horse", **fields)


def make_study(owner: User, slug: str = "demo", **fields: Any) -> Study:
    defaults: dict[str, Any] = {
        "title": slug.title(),
        "status": Study.Status.OPEN,
        "consent": "I agree.",
        "instructions": "Rate each image.",
        "holdout_share": 0.0,
        "audit_share": 0.0,
        # An image that was begun is finished first, which tests count by.
        "teaching_share": 0.0,
        # Means, which tests work out by hand; the default is a model of raters.
        "opinion_method": "mos",
        # One image at a time and nothing hidden; tests of the plan set their own.
        "session_plan": replace(PLAIN, block_trials=1).to_json(),
    }
    asked = fields.pop("perspectives", default_perspectives())
    study = Study.objects.create(slug=slug, **{**defaults, **fields})
    write_perspectives(study, asked)
    make_member(study, owner, MemberRole.OWNER)
    return study


def make_member(study: Study, user: User, role: MemberRole) -> Membership:
    sees_names = role is MemberRole.OWNER
    return Membership.objects.create(study=study, user=user, role=role, sees_names=sees_names)


def set_perspectives(study: Study, items: Sequence[PerspectiveSettings]) -> None:
    """Changes the perspectives of `study` as its owner would."""
    with transaction.atomic():
        write_perspectives(study, items)
        current_protocol(study.pk)


def perspective(study: Study, key: str) -> Perspective:
    return study.perspectives.get(key=key)


def make_score(trial: Trial, key: str, value: float, **fields: Any) -> Score:
    return Score.objects.create(
        trial=trial, perspective=perspective(trial.study, key), value=value, **fields
    )


def make_explanation(trial: Trial, key: str, *, language: str = "en", **fields: Any) -> Explanation:
    return Explanation.objects.create(
        trial=trial, perspective=perspective(trial.study, key), language=language, **fields
    )


@cache
def png(number: int, size: tuple[int, int] = (48, 32)) -> bytes:
    """A PNG whose colour, and so whose content hash, is `number`'s own."""
    colour = (number % 256, number // 256 % 256, 90)
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def make_prompt(study: Study, text: str) -> Prompt:
    return _prompts(study, [text])[text]


def _prompts(study: Study, texts: Sequence[str]) -> dict[str, Prompt]:
    hashes = {text: hashlib.sha256(text.encode()).hexdigest() for text in texts}
    Prompt.objects.bulk_create(
        (Prompt(study=study, text=text, text_sha256=digest) for text, digest in hashes.items()),
        ignore_conflicts=True,
    )
    # By hash: a test may have given a prompt another text.
    found = {
        item.text_sha256: item for item in study.prompts.filter(text_sha256__in=hashes.values())
    }
    return {text: found[digest] for text, digest in hashes.items()}


def make_stimulus(
    study: Study, number: int, *, size: tuple[int, int] = (48, 32), **fields: Any
) -> Stimulus:
    return make_stimuli(study, [number], size=size, **fields)[0]


def make_stimuli(
    study: Study,
    numbers: int | Iterable[int],
    *,
    size: tuple[int, int] = (48, 32),
    **fields: Any,
) -> list[Stimulus]:
    numbers = list(range(numbers) if isinstance(numbers, int) else numbers)
    prompts = _prompts(study, [f"prompt {number}" for number in numbers])
    generators = [
        Generator.objects.get_or_create(study=study, name=f"generator {parity}")[0]
        for parity in (0, 1)
        if any(number % 2 == parity for number in numbers)
    ]
    return Stimulus.objects.bulk_create(
        _stimulus(study, number, size, prompts, generators, fields) for number in numbers
    )


def _stimulus(
    study: Study,
    number: int,
    size: tuple[int, int],
    prompts: dict[str, Prompt],
    generators: Sequence[Generator],
    fields: dict[str, Any],
) -> Stimulus:
    data = png(number, size)
    digest = hashlib.sha256(data).hexdigest()
    stimulus = Stimulus(
        study=study,
        prompt=prompts[f"prompt {number}"],
        generator=next(item for item in generators if item.name == f"generator {number % 2}"),
        filename=f"{number:04}.png",
        sha256=digest,
        width=size[0],
        height=size[1],
        wanted_ratings=study.target_ratings,
        maximum_ratings=study.maximum_ratings,
    )
    for field, value in fields.items():
        setattr(stimulus, field, value)
    for field in ("image", "display", "thumbnail"):
        getattr(stimulus, field).save(f"stimuli/{digest}.png", ContentFile(data), save=False)
    return stimulus


def make_rater(study: Study, **fields: Any) -> Rater:
    return Rater.objects.create(study=study, **fields)


def publish(
    stimulus: Stimulus,
    perspective: str,
    mos: float,
    *,
    source: str = "elsewhere",
    sd: float | None = None,
    raters: int | None = None,
    scale: tuple[float, float] = (0, 1),
) -> OpinionScore:
    """A score that came with a database, on `scale`."""
    minimum, maximum = scale
    with transaction.atomic():
        release = release_of(stimulus.study, Source(source, minimum, maximum))
    # As an import: what is kept of the release's scores is made again.
    OpinionRelease.objects.filter(pk=release.pk).update(computed_at=timezone.now())
    return OpinionScore.objects.create(
        study=stimulus.study,
        release=release,
        stimulus=stimulus,
        perspective=stimulus.study.perspectives.get(key=perspective),
        value=mos,
        sd=sd,
        n=raters,
    )


def make_session(rater: Rater, state: str = "rating", **fields: Any) -> RatingSession:
    """One that asks what the study asks now."""
    fields = {"consented_at": timezone.now(), **fields}
    return RatingSession.objects.create(
        rater=rater, protocol=current_protocol(rater.study_id), state=state, **fields
    )
