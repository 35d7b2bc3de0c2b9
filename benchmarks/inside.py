"""What a benchmark does inside the site: filling its database in bulk, reading its clocks.

Run by `site.BenchSite.inside` in the site's environment; the result is JSON on standard output.
Bulk rows through the ORM are only for benchmarks: everything else rates over HTTP.
"""

import hashlib
import io
import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from PIL import Image

from annotation.models import (
    Explanation,
    Generator,
    Membership,
    Perspective,
    Prompt,
    Rater,
    RatingSession,
    Score,
    Stimulus,
    Study,
    Trial,
)
from annotation.opinion.imported import Published, write_published
from annotation.opinion.sources import Source
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.draw import Draw
from annotation.protocol.goal import Next
from annotation.protocol.plan import PLAIN
from annotation.raters.access import link_token
from annotation.rating.slots import TAKE
from annotation.studies.perspectives import write_perspectives
from annotation.studies.protocols import current_protocol
from benchmarks.bare_copy import bare_copy
from benchmarks.console_model import ACTS
from benchmarks.crowd import CROWD
from modelops.models import AcquisitionRound, TrainingRun
from workbench.accounts.models import User
from workbench.accounts.tokens import make_token, open_scopes

_BATCH = 5_000
#: As large as a display copy of a 512 × 512 image is.
_SIDE = 512


def owner() -> dict[str, Any]:
    """An owner and an API token of theirs."""
    user, _new = User.objects.get_or_create(username="bench")
    return {"token": make_token(user, name="benchmark", scopes=open_scopes(user))[1]}


def study(slug: str, images: int, wanted: int, **fields: Any) -> dict[str, Any]:
    """An open study of `images` stimuli that want `wanted` ratings each and share one file."""
    made = Study.objects.create(
        slug=slug,
        title=slug,
        status=Study.Status.OPEN,
        target_ratings=wanted,
        maximum_ratings=wanted,
        session_plan=PLAIN.to_json(),
        **fields,
    )
    user = User.objects.get(username="bench")
    Membership.objects.create(study=made, user=user, role="owner", sees_names=True)
    write_perspectives(made, default_perspectives())
    return {"images": len(_stimuli(made, "open", images, wanted))}


def priorities(slug: str) -> dict[str, Any]:
    """As after a model's ranking: a priority for each stimulus, and no two the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE annotation_stimulus SET priority = random() FROM annotation_study AS study "
            "WHERE study.id = study_id AND study.slug = %s",
            [slug],
        )
        return {"ranked": cursor.rowcount}


def claim_plan(slug: str) -> dict[str, Any]:
    """PostgreSQL's plan of the statement that draws ten stimuli by priority for a new rater."""
    of_study = Study.objects.get(slug=slug)
    values: dict[str, Any] = {"study": of_study.pk, "rater": 0, "taken": [], "number": 10}
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (COSTS OFF) " + TAKE[Next(Draw.PRIORITY)], values)
        return {"plan": [row[0] for row in cursor.fetchall()]}


def raters(slug: str, number: int) -> dict[str, Any]:
    """Raters whose sessions are at rating, and their tokens."""
    made = _raters(Study.objects.get(slug=slug), number)
    return {"tokens": [link_token(rater) for rater in made]}


@transaction.atomic
def ratings(slug: str, images: int, by: int) -> dict[str, Any]:
    """`images` more stimuli with a full answer by each of `by` raters: images · by are stored."""
    of_study = Study.objects.get(slug=slug)
    people = _raters(of_study, by)
    stimuli = _stimuli(of_study, "full", images, by, claimed_ratings=by)
    trials = _trials(people, stimuli)
    _answers(trials, list(of_study.perspectives.all()))
    RatingSession.objects.filter(rater__in=people).update(
        state=RatingSession.State.DONE, ended_at=timezone.now(), next_position=images
    )
    return {"stored": len(trials)}


def crowd(slug: str, number: int, each: int) -> dict[str, Any]:
    """`number` raters who have answered `each` of the study's stimuli, one in ten still at it.

    The first rater has the first `each` stimuli, the next one those after them, and so on, round
    and round.
    """
    of_study = Study.objects.get(slug=slug)
    people = _raters(of_study, number)
    values = {
        "study": of_study.pk,
        "images": Stimulus.objects.filter(study=of_study).count(),
        "each": each,
        "first": people[0].pk,
        "last": people[-1].pk,
    }
    with connection.cursor() as cursor, transaction.atomic():
        for statement in CROWD:
            cursor.execute(statement, values)
    return {"stored": number * each}


def copied(slug: str) -> dict[str, Any]:
    """How long PostgreSQL alone takes to give a study's scores."""
    return bare_copy(Study.objects.get(slug=slug).pk)


def session() -> dict[str, Any]:
    """The cookie of the owner's browser."""
    from django.test import Client

    client = Client()
    client.force_login(User.objects.get(username="bench"))
    return {"cookie": client.cookies["sessionid"].value}


def addresses(slug: str) -> dict[str, Any]:
    """A stimulus, a rater, a round and a training whose pages can be asked for."""
    of_study = Study.objects.get(slug=slug)
    stimulus = Stimulus.objects.filter(study=of_study).order_by("-claimed_ratings", "pk")[0]
    found = {"stimulus": stimulus.pk, "rater": Rater.objects.filter(study=of_study)[0].code}
    found["round"] = AcquisitionRound.objects.filter(study=of_study)[0].pk
    return {**found, "training": TrainingRun.objects.filter(study=of_study)[0].pk}


def analyze() -> dict[str, Any]:
    """What PostgreSQL does on its own some minutes after a bulk load, to tables with rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_stat_user_tables WHERE n_live_tup > 0")
        tables = [connection.ops.quote_name(row[0]) for row in cursor.fetchall()]
        cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}")
    return {}


def live_scores(slug: str, times: int) -> dict[str, Any]:
    """Seconds that the live release takes to be fitted, and after each of `times` more ratings by
    a rater whom the fit knows."""
    from annotation.opinion.making import delete_rows
    from annotation.opinion.releases import renew_live, stored_live

    of_study = Study.objects.get(slug=slug)
    # Scores are looked at once more for a minute; these were there before.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE annotation_score SET created_at = now() - interval '1 hour'")
    # The site's own worker may have made it while the study was filled.
    if (made := stored_live(of_study)) is not None:
        delete_rows(made)
        made.delete()
    fit = _seconds(lambda: renew_live(of_study))
    updates = []
    last = RatingSession.objects.filter(rater__study=of_study).latest("pk")
    for stimulus in Stimulus.objects.filter(study=of_study).order_by("pk")[:times]:
        with transaction.atomic():
            trials = _trials([last.rater], [stimulus], after=last.next_position)
            _answers(trials, list(of_study.perspectives.all()))
            last.next_position += 1
        updates.append(_seconds(lambda: renew_live(of_study)))
    return {"fit": fit, "updates": updates}


def _seconds(act: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def labels(slug: str, truth: str) -> dict[str, Any]:
    """A published MOS for every image that the world's truth names."""
    from workbench.demo.world import read_truth

    known = read_truth(Path(truth))
    study = Study.objects.get(slug=slug)
    stimuli = Stimulus.objects.filter(study=study, filename__in=known)
    rows = [
        Published(item.pk, name, score, n=3)
        for item in stimuli
        for name, score in known[item.filename].scores.items()
    ]
    with transaction.atomic():
        write_published(study, Source("world"), rows)
    return {"labels": len(rows)}


def pool(slug: str, number: int) -> dict[str, Any]:
    """`number` more stimuli whose embeddings are in the cache: random ones are scored as fast."""
    import numpy as np

    from modelops.models import ModelVersion
    from modelops.predictors.store import version_model

    version = ModelVersion.objects.filter(study__slug=slug).latest("number")
    cache = version_model(version).embedder.cache
    made = _stimuli(version.study, "pool", number, version.study.target_ratings)
    known = next(iter(cache.get_many(_known_keys(version)).values()))
    noise = np.random.default_rng(1).normal(size=(number, len(known)))
    vectors = (known + noise * np.std(known)).astype(np.float32)
    prompt = made[0].prompt.text_sha256
    keys = [(item.picture_sha256, prompt) for item in made]
    for start in range(0, number, _BATCH):
        part = slice(start, start + _BATCH)
        cache.put_many(dict(zip(keys[part], vectors[part], strict=True)))
    return {"pool": number}


def scoring(run: int) -> dict[str, Any]:
    """The times of a scoring run: until all is predicted, and until it is ranked and over."""
    from modelops.models import ScoringChunk, ScoringRun

    found = ScoringRun.objects.get(pk=run)
    chunks = ScoringChunk.objects.filter(run=found)
    predicted = chunks.aggregate(last=Max("finished_at"))["last"]
    if not (found.started_at and found.finished_at and predicted):
        raise ValueError(f"scoring run {run} is not over, or had nothing to do")
    return {
        "images": found.progress_total,
        "predict_seconds": (predicted - found.started_at).total_seconds(),
        "all_seconds": (found.finished_at - found.started_at).total_seconds(),
    }


def _known_keys(version: Any) -> list[tuple[str, str]]:
    predicted = Stimulus.objects.filter(predictions__model_version=version)
    return [
        (item.picture_sha256, item.prompt.text_sha256)
        for item in predicted.select_related("prompt")[:1]
    ]


def _raters(of_study: Study, number: int) -> list[Rater]:
    made = Rater.objects.bulk_create([Rater(study=of_study) for _one in range(number)])
    now, protocol = timezone.now(), current_protocol(of_study.pk)
    RatingSession.objects.bulk_create(
        RatingSession(
            rater=rater, protocol=protocol, state=RatingSession.State.RATING, consented_at=now
        )
        for rater in made
    )
    return made


def _stimuli(of_study: Study, name: str, number: int, wanted: int, **fields: Any) -> list[Stimulus]:
    text = f"{name}: two red circles left of a blue square on grass"
    digest = hashlib.sha256(text.encode()).hexdigest()
    prompt, _new = Prompt.objects.get_or_create(
        study=of_study, text_sha256=digest, defaults={"text": text}
    )
    generator, _new = Generator.objects.get_or_create(study=of_study, name="bulk")
    file = _file(of_study)
    return Stimulus.objects.bulk_create(
        [
            Stimulus(
                study=of_study,
                prompt=prompt,
                generator=generator,
                filename=f"{name}-{place:06}.jpg",
                image=file,
                display=file,
                thumbnail=file,
                sha256=hashlib.sha256(f"{of_study.slug} {name} {place}".encode()).hexdigest(),
                width=_SIDE,
                height=_SIDE,
                wanted_ratings=wanted,
                maximum_ratings=wanted,
                **fields,
            )
            for place in range(number)
        ],
        batch_size=_BATCH,
    )


def _file(of_study: Study) -> str:
    name = f"studies/{of_study.pk}/bulk.jpg"
    if not default_storage.exists(name):
        buffer = io.BytesIO()
        Image.effect_noise((_SIDE, _SIDE), 40).convert("RGB").save(buffer, "JPEG", quality=80)
        default_storage.save(name, ContentFile(buffer.getvalue()))
    return name


def _trials(people: list[Rater], stimuli: list[Stimulus], after: int = 0) -> list[Trial]:
    now = timezone.now()
    sessions = {item.rater_id: item for item in RatingSession.objects.filter(rater__in=people)}
    return Trial.objects.bulk_create(
        [
            Trial(
                study_id=rater.study_id,
                session=sessions[rater.pk],
                rater=rater,
                stimulus=stimulus,
                position=position,
                draw=Trial.Draw.PRIORITY,
                state=Trial.State.SUBMITTED,
                leased_at=now - timedelta(seconds=20),
                lease_expires_at=now,
                displayed_at=now - timedelta(seconds=19),
                submitted_at=now,
            )
            for rater in people
            for position, stimulus in enumerate(stimuli, after)
        ],
        batch_size=_BATCH,
    )


def _answers(trials: list[Trial], asked: list[Perspective]) -> None:
    phrases = {
        row: {item.key: 2 for item in AIGCIQA2023_FORM.fields if item.perspective == row.key}
        for row in asked
    }
    explained = {text.perspective for text in AIGCIQA2023_FORM.texts}
    Score.objects.bulk_create(
        (
            Score(trial=trial, perspective=row, value=1 + (trial.pk + place) % 5)
            for trial in trials
            for place, row in enumerate(asked)
        ),
        batch_size=_BATCH,
    )
    Explanation.objects.bulk_create(
        (
            Explanation(
                trial=trial,
                perspective=row,
                phrases=phrases[row],
                text="the left hand has six fingers" if row.key in explained else "",
                language="en",
            )
            for trial in trials
            for row in asked
        ),
        batch_size=_BATCH,
    )


_ACTS: dict[str, Callable[..., dict[str, Any]]] = {
    act.__name__: act
    for act in (
        owner, study, priorities, claim_plan, raters, ratings, crowd, copied, session, addresses,
        analyze,
        live_scores,
        labels, pool, scoring, *ACTS,
    )
}  # fmt: skip

if __name__ == "__main__":
    json.dump(_ACTS[sys.argv[1]](**json.loads(sys.argv[2])), sys.stdout)
