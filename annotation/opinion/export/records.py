"""The collected database, streamed: one record per stimulus, in one consistent view of the data.

Memory is bounded by a chunk of stimuli, whatever the study's size.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import connection, transaction

from ...models import Explanation, PublishedScore, Rater, Score, Stimulus, Study, Trial
from ...protocol.asking import is_asked
from ...studies.protocols import stored_document
from ..reliability.selectors import rater_weights
from ..scores import opinion_scores

#: Stimuli read at a time: enough to make the queries few, little enough to keep memory flat.
CHUNK = 500

#: Of an explanation; what regions and words are is in `protocol.marks`.
_EXPLANATION = ("phrases", "text", "regions", "words", "language")

Record = dict[str, Any]


def export_records(study: Study) -> Iterator[Record]:
    """Every stimulus of the study with all that was collected about it, by id.

    Reads in one REPEATABLE READ transaction: ratings that arrive meanwhile are in the next
    export, never half in this one.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        after, weights = 0, rater_weights(study)
        while stimuli := _next_stimuli(study, after):
            yield from _records(study, stimuli, weights)
            after = stimuli[-1].pk


def _next_stimuli(study: Study, after: int) -> list[Stimulus]:
    return list(
        Stimulus.objects.filter(study=study, pk__gt=after)
        .select_related("prompt", "generator")
        .order_by("pk")[:CHUNK]
    )


def _records(
    study: Study, stimuli: list[Stimulus], weights: Mapping[int, float]
) -> Iterator[Record]:
    trials = _trials_by_stimulus(study, stimuli, weights)
    published = _published_by_stimulus(stimuli)
    opinions = _opinions(study, stimuli, trials)
    for stimulus in stimuli:
        yield {
            "stimulus": stimulus.pk,
            "filename": stimulus.filename,
            "prompt": stimulus.prompt.text,
            "generator": stimulus.generator.name,
            "split": stimulus.split,
            "purpose": stimulus.purpose,
            "attention_check": stimulus.attention_check,
            "sha256": stimulus.sha256 or None,
            "width": stimulus.width,
            "height": stimulus.height,
            "metadata": stimulus.metadata,
            "mos": opinions[stimulus.pk],
            "published": published[stimulus.pk],
            "trials": trials[stimulus.pk],
        }


def _trials_by_stimulus(
    study: Study, stimuli: list[Stimulus], weights: Mapping[int, float]
) -> dict[int, list[Record]]:
    rows = (
        Trial.objects.filter(stimulus__in=stimuli, state=Trial.State.SUBMITTED)
        .order_by("pk")
        .values_list(
            "pk",
            "stimulus_id",
            "rater_id",
            "rater__code",
            "rater__status",
            "session_id",
            "session__protocol_id",
            "session__protocol__number",
            "position",
            "block",
            "role",
            "draw",
            "leased_at",
            "displayed_at",
            "submitted_at",
            "behaviour",
            "asked_up_to",
            named=True,
        )
    )
    by_stimulus: dict[int, list[Record]] = defaultdict(list)
    by_trial: dict[int, Record] = {}
    for row in rows:
        record: Record = {
            "trial": row.pk,
            "rater": row.rater__code,
            # Flagged, not dropped: whoever analyses the data decides.
            "excluded": row.rater__status == Rater.Status.EXCLUDED,
            #: In the opinion scores, by the study's rules.
            "weight": weights.get(row.rater_id, 1.0),
            "session": row.session_id,
            "protocol": row.session__protocol__number,
            "position": row.position,
            "block": row.block,
            "role": row.role,
            "draw": row.draw,
            "leased_at": row.leased_at.isoformat(),
            "displayed_at": row.displayed_at.isoformat() if row.displayed_at else None,
            "submitted_at": row.submitted_at.isoformat() if row.submitted_at else None,
            "behaviour": row.behaviour,
            "asked": (row.session__protocol_id, row.asked_up_to),
            "scores": {},
            "revisions": {},
            "explanation_asked": {},
            "explanations": {},
        }
        by_trial[row.pk] = record
        by_stimulus[row.stimulus_id].append(record)
    _add_scores(by_trial)
    _add_explanations(by_trial)
    _add_asked(by_trial)
    return by_stimulus


def _add_scores(by_trial: dict[int, Record]) -> None:
    rows = Score.objects.filter(trial__in=by_trial, superseded_at=None).values_list(
        "trial_id", "perspective__key", "value", "revision"
    )
    for trial, perspective, score, revision in rows:
        by_trial[trial]["scores"][perspective] = score
        by_trial[trial]["revisions"][perspective] = revision


def _add_explanations(by_trial: dict[int, Record]) -> None:
    rows = Explanation.objects.filter(trial__in=by_trial, superseded_at=None).values_list(
        "trial_id", "perspective__key", *_EXPLANATION
    )
    for trial, perspective, *reason in rows:
        by_trial[trial]["explanations"][perspective] = dict(zip(_EXPLANATION, reason, strict=True))


def _add_asked(by_trial: dict[int, Record]) -> None:
    """Of which scores the reason was asked, by the session's protocol: an empty one is not one that
    nobody asked for."""
    for record in by_trial.values():
        protocol, up_to = record.pop("asked")
        document = stored_document(protocol)
        asking = {item.perspective for item in (*document.form.fields, *document.form.texts)}
        scales = {item.key: item.scale for item in document.perspectives}
        for perspective, score in record["scores"].items():
            record["explanation_asked"][perspective] = perspective in asking and is_asked(
                up_to, scales[perspective], score
            )


def _published_by_stimulus(stimuli: list[Stimulus]) -> dict[int, list[Record]]:
    rows = PublishedScore.objects.filter(stimulus__in=stimuli).order_by("pk")
    by_stimulus: dict[int, list[Record]] = defaultdict(list)
    for row in rows:
        by_stimulus[row.stimulus_id].append(
            {
                "perspective": row.perspective,
                "mos": row.mos,
                "sd": row.sd,
                "raters": row.raters,
                "source": row.source,
            }
        )
    return by_stimulus


def _opinions(
    study: Study, stimuli: list[Stimulus], trials: dict[int, list[Record]]
) -> dict[int, dict[str, Record]]:
    """Per stimulus and perspective: MOS, SD, n and 95 % interval of main trials by raters who are
    not excluded, with the weights of the study's rules."""
    asked = study.perspective_settings
    keys = [(stimulus.pk, item.key) for stimulus in stimuli for item in asked]
    index = {key: place for place, key in enumerate(keys)}
    scores, groups, weights = [], [], []
    for stimulus, perspective, score, weight in _counting_scores(trials):
        scores.append(score)
        groups.append(index[stimulus, perspective])
        weights.append(weight)
    result = opinion_scores(scores, groups, len(keys), weights)
    opinions: dict[int, dict[str, Record]] = defaultdict(dict)
    for place, (stimulus, perspective) in enumerate(keys):
        n = int(result.n[place])
        opinions[stimulus][perspective] = {
            "mos": float(result.mean[place]) if n else None,
            "sd": float(result.sd[place]) if n > 1 else None,
            "ci95": float(result.ci95[place]) if n > 1 else None,
            "n": n,
        }
    return opinions


def _counting_scores(trials: dict[int, list[Record]]) -> Iterable[tuple[int, str, float, float]]:
    """(stimulus, perspective, score, weight)."""
    for stimulus, records in trials.items():
        for record in records:
            if record["role"] == Trial.Role.MAIN and not record["excluded"]:
                for perspective, score in record["scores"].items():
                    yield stimulus, perspective, score, record["weight"]
