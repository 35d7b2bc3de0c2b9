"""What raters said: showings of images, scores with those that were superseded, and reasons."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...models import Explanation, Score, Study, Trial
from ...opinion.copying import copy_in
from ...protocol.answers import parse_answer
from ...protocol.behaviour import parse_behaviour
from ...protocol.skips import parse_skip
from . import values
from .keys import NewKeys
from .people import Sitting

_Record = dict[str, Any]
_SCORE = ("trial_id", "perspective_id", "value", "revision", "created_at", "superseded_at")
_EXPLANATION = (
    *("trial_id", "perspective_id", "phrases", "text", "regions", "words", "language"),
    *("revision", "created_at"),
)


@dataclass(frozen=True)
class Answers:
    """Writes the trials of records into a new study."""

    study: Study
    images: NewKeys
    trials: NewKeys
    perspectives: Mapping[str, int]
    #: By the archive's keys.
    sittings: Mapping[int, Sitting]

    def write(self, records: list[_Record]) -> int:
        """Returns how many ratings were written."""
        submitted = [(record, item) for record in records for item in record["trials"]]
        skipped = [(record, item) for record in records for item in record["skipped"]]
        Trial.objects.bulk_create(
            [
                *(self._submitted(record, item) for record, item in submitted),
                *(self._skipped(record, item) for record, item in skipped),
            ]
        )
        copy_in(Score, _SCORE, self._scores(item for _record, item in submitted))
        copy_in(Explanation, _EXPLANATION, self._explanations(submitted))
        return len(submitted)

    def _trial(self, record: _Record, item: _Record, **fields: Any) -> Trial:
        sitting = self.sittings[values.key(item["session"])]
        leased_at = values.time(item["leased_at"])
        return Trial(
            pk=self.trials[item["trial"]],
            session_id=sitting.session,
            rater_id=sitting.rater,
            stimulus_id=self.images[record["stimulus"]],
            study=self.study,
            position=item["position"],
            block=item["block"],
            role=item["role"],
            draw=item["draw"],
            asked_up_to=item["asked_up_to"],
            leased_at=leased_at,
            lease_expires_at=leased_at,
            displayed_at=values.time_or_none(item["displayed_at"]),
            behaviour=parse_behaviour(item["behaviour"], self.perspectives),
            **fields,
        )

    def _submitted(self, record: _Record, item: _Record) -> Trial:
        at = values.time(item["submitted_at"])
        state, scored = Trial.State.SUBMITTED, len(values.mapping(item["scores"]))
        return self._trial(record, item, state=state, submitted_at=at, scored=scored)

    def _skipped(self, record: _Record, item: _Record) -> Trial:
        skip = parse_skip(item["skip_reason"], item["skip_note"])
        said = {"skip_reason": skip.reason.value, "skip_note": skip.note}
        return self._trial(record, item, state=Trial.State.SKIPPED, **said)

    def _scores(self, trials: Iterator[_Record]) -> Iterator[tuple[Any, ...]]:
        for item in trials:
            trial = self.trials[item["trial"]]
            for old in values.items(item["superseded"]):
                yield (trial, *self._score(item, old), values.time(old["superseded_at"]))
            for name, score in item["scores"].items():
                current = {
                    "perspective": name,
                    "score": score,
                    "revision": item["revisions"][name],
                    "created_at": item["scored_at"][name],
                }
                yield (trial, *self._score(item, current), None)

    def _score(self, item: _Record, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """Held against the scale on which it was asked."""
        name = given["perspective"]
        asked = self.sittings[item["session"]].document.perspectives
        scale = next((one.scale for one in asked if one.key == name), None)
        if scale is None:
            raise ValueError(f"{name!r:.80} was not asked")
        at = values.time(given["created_at"])
        return self.perspectives[name], scale.check(given["score"]), given["revision"], at

    def _explanations(self, trials: list[tuple[_Record, _Record]]) -> Iterator[tuple[Any, ...]]:
        for record, item in trials:
            document = self.sittings[item["session"]].document
            given = values.mapping(item["explanations"])
            if not given:
                continue
            asked, form = document.perspectives, document.form
            answer = parse_answer(item["scores"], given, asked, form, whole=False)
            answer.check_words(record["prompt"])
            for name, reason in answer.reasons.items():
                yield (
                    *(self.trials[item["trial"]], self.perspectives[name]),
                    *(json.dumps(reason.phrases), reason.text),
                    *(json.dumps(reason.regions), json.dumps(reason.words)),
                    values.text(given[name]["language"], 20),
                    *(1, values.time(item["submitted_at"])),
                )
