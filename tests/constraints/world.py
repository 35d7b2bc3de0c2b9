"""One valid row of every model, and writes that bypass the models' own validation."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils import timezone

from annotation.models import (
    AuditEntry,
    DatasetImport,
    DatasetRelease,
    ImportJob,
    Message,
    OpinionRelease,
    OpinionScore,
    Participant,
    RatingsErased,
    ReleasePerspective,
    ReleaseProtocol,
    ReleaseRecord,
    SavedMapping,
    ScaleLink,
    SharedLink,
    Study,
    SubjectEstimate,
    Trial,
    Webhook,
    WebhookDelivery,
)
from modelops.models import (
    AcquisitionRound,
    Assessment,
    ExplainingRun,
    Head,
    LabelSnapshot,
    ModelVersion,
    PredictedExplanation,
    Prediction,
    PromptReading,
    ScoringChunk,
    ScoringRun,
    TrainingRun,
)
from tests import factories
from tests.factories import make_explanation, make_score, publish
from tests.modelops.labelling import make_predictor
from workbench.accounts.models import User


@dataclass
class World:
    """Rows by name, all of one study; `other` is one of another study."""

    rows: dict[str, Model] = field(default_factory=dict)
    other: dict[str, Model] = field(default_factory=dict)


#: A write that PostgreSQL has to refuse.
Write = Callable[[World], object]


class Violation(NamedTuple):
    constraint: str
    write: Write


def change(name: str, /, **fields: Any) -> Write:
    """Updates the row; a field that is a function is given the world."""

    def write(world: World) -> None:
        row = world.rows[name]
        assert type(row)._default_manager.filter(pk=row.pk).update(**_given(fields, world)) == 1

    return write


def again(name: str, /, **fields: Any) -> Write:
    """Adds the same row again, except for `fields`."""

    def write(world: World) -> None:
        row = copy.copy(world.rows[name])
        row.pk = None
        row._state.adding = True
        for key, value in _given(fields, world).items():
            setattr(row, key, value)
        row.save(force_insert=True)

    return write


def delete(name: str) -> Write:
    def write(world: World) -> None:
        row = world.rows[name]
        type(row)._default_manager.filter(pk=row.pk).delete()

    return write


def of_row(name: str) -> Callable[[World], Model]:
    return lambda world: world.rows[name]


def of_other(name: str) -> Callable[[World], Model]:
    return lambda world: world.other[name]


def _given(fields: dict[str, Any], world: World) -> dict[str, Any]:
    return {key: value(world) if callable(value) else value for key, value in fields.items()}


def make_world(owner: User) -> World:
    study = factories.make_study(owner)
    world = World(_collected(study, 0), _collected(factories.make_study(owner, "other"), 10))
    world.rows |= _rated(world.rows)
    world.rows |= _of_the_study(study, owner)
    world.rows |= _predicted(study, world.rows)
    world.other |= _trained(world.other["study"])
    other: Any = world.other["study"]
    world.other["live"] = OpinionRelease.objects.create(
        study=other, number=1, method="mos", computed_at=timezone.now()
    )
    return world


def _collected(study: Study, number: int) -> dict[str, Model]:
    stimulus = factories.make_stimulus(study, number)
    rater = factories.make_rater(study)
    return {
        "study": study,
        "perspective": factories.perspective(study, "quality"),
        "stimulus": stimulus,
        "prompt": stimulus.prompt,
        "generator": stimulus.generator,
        "rater": rater,
        "colleague": factories.make_rater(study, source="old", subject_sha256="a"),
        "session": (session := factories.make_session(rater)),
        "protocol": session.protocol,
        "membership": study.memberships.get(),
    }


def _rated(rows: dict[str, Any]) -> dict[str, Model]:
    now = timezone.now()
    trial = Trial.objects.create(
        session=rows["session"],
        rater=rows["rater"],
        stimulus=rows["stimulus"],
        position=0,
        draw="priority",
        leased_at=now,
        lease_expires_at=now,
    )
    return {
        "trial": trial,
        "score": make_score(trial, "quality", 3),
        "explanation": make_explanation(trial, "quality"),
        "participant": Participant.objects.create(
            rater=rows["rater"], study=rows["study"], identifier="one"
        ),
        "message": Message.objects.create(rater=rows["rater"], sender="rater", text="Hello."),
        **_released(rows),
    }


def _released(rows: dict[str, Any]) -> dict[str, Model]:
    study, now = rows["study"], timezone.now()
    published = publish(rows["stimulus"], "quality", 0.5, source="a paper")
    made = {"study": study, "method": "mos", "computed_at": now}
    live = OpinionRelease.objects.create(number=2, **made)
    # Written after what belongs to it.
    named = OpinionRelease(pk=live.pk + 1000, number=3, state="named", name="first", **made)
    found = {"study": study, "perspective": published.perspective}
    estimate = {**found, "rater": rows["rater"], "bias": 0.5, "inconsistency": 0.5}
    kept: dict[str, Model] = {
        "kept_opinion": OpinionScore.objects.create(
            release=named, stimulus=rows["stimulus"], value=0.5, **found
        ),
        "kept_subject": SubjectEstimate.objects.create(release=named, **estimate),
    }
    asked = {"study": study, "protocol": rows["protocol"]}
    kept["kept_protocol"] = ReleaseProtocol.objects.create(release=named, **asked)
    recorded = {"study": study, "scores": b""}
    kept["kept_record"] = ReleaseRecord.objects.create(release=named, **recorded)
    whole = {"study": study, "perspective": rows["perspective"], "minimum": 1, "maximum": 5}
    kept["kept_whole"] = ReleasePerspective.objects.create(release=named, **whole)
    named.save(force_insert=True)
    archived = {"archive": "a.zip", "archive_sha256": "a" * 64, "content_sha256": "c" * 64}
    asked_for = {"study": study, "release": named, "described": {}}
    asked_for["actor"] = factories.make_user("archivist")
    frozen = OpinionRelease.objects.create(
        number=4, state="frozen", content_sha256="f" * 64, **made
    )
    return {
        "published": published.release,
        "opinion": published,
        "live": live,
        "named": named,
        "frozen": frozen,
        "scale_link": ScaleLink.objects.create(
            release=published.release,
            offset=0.1,
            slope=0.9,
            images=12,
            rmse=0,
            fitted_at=now,
            **found,
        ),
        "dataset": DatasetRelease.objects.create(number=1, state="running", **asked_for),
        "kept_dataset": DatasetRelease.objects.create(
            number=2, state="succeeded", size=1, **archived, **asked_for
        ),
        "erasure": RatingsErased.objects.create(study=study, release=named, ratings=1),
        "subject": SubjectEstimate.objects.create(release=live, **estimate),
        "release_protocol": ReleaseProtocol.objects.create(release=live, **asked),
        "whole": ReleasePerspective.objects.create(release=live, **whole),
        "release_record": ReleaseRecord.objects.create(release=live, **recorded),
        **kept,
    }


def _of_the_study(study: Study, owner: User) -> dict[str, Model]:
    webhook = Webhook.objects.create(
        study=study, url="https://lab.example/", events=["release.made"], secret=b"sealed"
    )
    return {
        "webhook": webhook,
        "delivery": WebhookDelivery.objects.create(
            webhook=webhook, event="ping", body="{}", next_at=timezone.now()
        ),
        "link": SharedLink.objects.create(study=study, quota=2),
        "import": ImportJob.objects.create(
            study=study, state="running", manifest="a", manifest_name="a.csv"
        ),
        "dataset_import": DatasetImport.objects.create(
            actor=owner, study=study, state="running", archive="a", archive_name="a.zip"
        ),
        "mapping": SavedMapping.objects.create(study=study, name="mine", document={}),
        "entry": AuditEntry.objects.create(study=study, actor=owner, action="study.created"),
    }


def _trained(study: Any) -> dict[str, Model]:
    snapshot = LabelSnapshot.objects.create(
        study=study,
        release=OpinionRelease.objects.create(
            study=study, number=5, method="mos", state="frozen", computed_at=timezone.now()
        ),
        split_sha256="e" * 64,
        content_sha256="a" * 64,
        artifact="a.parquet",
        stimuli=3,
        ratings=9,
        holdout_stimuli=1,
    )
    predictor = make_predictor(study)
    run = TrainingRun.objects.create(
        study=study, predictor=predictor, snapshot=snapshot, trigger="api", state="succeeded"
    )
    version = ModelVersion.objects.create(
        study=study,
        predictor=predictor,
        number=1,
        state="active",
        kind="tiny",
        artifact="v1",
        artifact_sha256="b" * 64,
        backbone_sha256="c" * 64,
        snapshot=snapshot,
        training_run=run,
    )
    waiting = TrainingRun.objects.create(study=study, predictor=predictor, trigger="api")
    head = Head.objects.create(
        study=study,
        model_version=version,
        perspective=study.perspectives.get(key="quality"),
        place=0,
        n=0,
    )
    return {
        "head": head,
        "predictor": predictor,
        "snapshot": snapshot,
        "run": run,
        "version": version,
        "waiting": waiting,
    }


def _predicted(study: Study, rows: dict[str, Any]) -> dict[str, Model]:
    trained: dict[str, Any] = _trained(study)
    scoring = ScoringRun.objects.create(
        study=study, model_version=trained["version"], state="running"
    )
    return {
        **trained,
        "scoring": scoring,
        "chunk": ScoringChunk.objects.create(run=scoring, index=0, stimulus_ids=[1]),
        "round": AcquisitionRound.objects.create(
            study=study,
            model_version=trained["version"],
            strategy="lcmd",
            strategy_version="1",
            candidates=5,
            selected=2,
        ),
        "prediction": Prediction.objects.create(
            stimulus=rows["stimulus"],
            model_version=trained["version"],
            perspective=study.perspectives.get(key="quality"),
            mean=0.5,
            posterior_sd=0.1,
            misfit_sd=0.1,
            rater_sd=0.1,
        ),
        **_explained(study, rows["stimulus"], trained["version"]),
    }


def _explained(study: Study, stimulus: Any, version: ModelVersion) -> dict[str, Model]:
    return {
        "explaining": ExplainingRun.objects.create(
            study=study, model_version=version, state="running"
        ),
        "assessment": Assessment.objects.create(study=study, model_version=version, prompt="a cat"),
        "predicted_explanation": PredictedExplanation.objects.create(
            stimulus=stimulus, model_version=version, perspective=None, text="It is clear."
        ),
        "prompt_reading": PromptReading.objects.create(
            study=study,
            backbone="tiny",
            limit=35,
            prompts=1,
            cut=0,
            unreadable=0,
            unknown=0,
            alike=0,
        ),
    }
