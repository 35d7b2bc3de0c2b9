"""Reads an export back and compares it with what was sent."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isclose
from statistics import fmean
from typing import Any

from ..crowd import Sent

#: Differences that are described one by one; the others are counted.
_DESCRIBED = 5

#: What the table of images calls a MOS, before the perspective's key.
_MOS = "mos_"

Key = tuple[str, str]
#: MOS by file name and perspective.
Opinions = dict[str, dict[str, float]]


@dataclass
class Comparison:
    """What an export holds, and how it differs from what was sent."""

    stimuli: int = 0
    #: Submitted trials: one rater, one image.
    stored: int = 0
    #: Stored more than once for a rater and an image.
    duplicates: int = 0
    #: Stored beyond what the image may have.
    over_cap: int = 0
    departures: int = 0
    described: list[str] = field(default_factory=list)
    #: Of the hold-out, as exported.
    holdout: Opinions = field(default_factory=dict)
    #: Images of the pool with at least one rating.
    pool_rated: int = 0
    #: MOS that are the mean of the scores that count.
    opinions: int = 0

    def depart(self, sentence: str) -> None:
        self.departures += 1
        if len(self.described) < _DESCRIBED:
            self.described.append(sentence)


def compare(lines: Iterable[str], sent: Iterable[Sent], caps: Mapping[str, int]) -> Comparison:
    """Every answer that was sent is in the export, unchanged and once, and nothing else is.

    `lines`: the export as JSON lines. `caps`: most ratings of an image, by split.
    """
    expected = {(answer.rater, answer.filename): answer for answer in sent}
    found: Counter[Key] = Counter()
    result = Comparison()
    for line in lines:
        record = json.loads(line)
        result.stimuli += 1
        _compare_record(record, expected, found, result)
        result.over_cap += max(0, len(record["trials"]) - caps[record["split"]])
    result.stored = found.total()
    result.duplicates = result.stored - len(found)
    for rater, filename in expected.keys() - found.keys():
        result.depart(f"{filename}: what {rater} sent is not in the export")
    return result


def _compare_record(
    record: Mapping[str, Any], expected: Mapping[Key, Sent], found: Counter[Key], result: Comparison
) -> None:
    filename, trials = record["filename"], record["trials"]
    for trial in trials:
        key = (trial["rater"], filename)
        found[key] += 1
        if key not in expected:
            result.depart(f"{filename}: {trial['rater']} sent nothing, the export has an answer")
        elif _stored_answers(trial) != _sent_answers(expected[key]):
            result.depart(f"{filename}: what {trial['rater']} sent is not what the export has")
    opinions = {name: opinion["mos"] for name, opinion in record["mos"].items()}
    _compare_opinions(filename, opinions, trials, result)
    if trials and record["split"] == "holdout":
        result.holdout[filename] = opinions
    elif trials:
        result.pool_rated += 1


def _compare_opinions(
    filename: str,
    opinions: Mapping[str, float | None],
    trials: Iterable[Mapping[str, Any]],
    result: Comparison,
) -> None:
    for name, mos in opinions.items():
        scores = [trial["scores"][name] for trial in trials if trial["counts"].get(name)]
        if not _is_mean(mos, scores):
            result.depart(f"{filename}: the MOS of {name} is {mos}, {scores} count")
        elif scores:
            result.opinions += 1


def _is_mean(mos: float | None, scores: list[float]) -> bool:
    if mos is None or not scores:
        return mos is None and not scores
    return isclose(mos, fmean(scores))


def csv_departures(scores: Iterable[str], images: Iterable[str], opinions: int) -> list[str]:
    """Says where a MOS in the table of images is not the mean of the scores that count in that of
    scores, or that MOS are missing of the expected number, `opinions`. Anyone can check the same
    from the two files alone.
    """
    counting: defaultdict[Key, list[float]] = defaultdict(list)
    for row in csv.DictReader(scores):
        if row["counts"] == "true":
            counting[row["filename"], row["perspective"]].append(float(row["score"]))
    mos = {
        (row["filename"], name.removeprefix(_MOS)): float(row[name])
        for row in csv.DictReader(images)
        for name in row
        if name.startswith(_MOS) and row[name]
    }
    found = {key: (mos.get(key), counting.get(key, [])) for key in counting.keys() | mos.keys()}
    wrong = [
        f"{filename}: the MOS of {name} is {value}, {scores} count"
        for (filename, name), (value, scores) in sorted(found.items())
        if not _is_mean(value, scores)
    ]
    if len(counting) != opinions:
        wrong.append(f"{len(counting)} MOS, not {opinions}")
    return wrong


def _stored_answers(trial: Mapping[str, Any]) -> dict[str, Any]:
    """Scores and reasons; a second revision, which nobody sent, is a departure as well."""
    return {
        name: (
            score,
            trial["revisions"][name],
            trial["explanations"].get(name, {}).get("phrases", {}),
            trial["explanations"].get(name, {}).get("text", ""),
        )
        for name, score in trial["scores"].items()
    }


def _sent_answers(sent: Sent) -> dict[str, Any]:
    return {
        str(name): (answer.score, 1, dict(answer.phrases), answer.text)
        for name, answer in sent.answers.items()
    }


def holdout_srcc(predictions: Iterable[Mapping[str, Any]], holdout: Opinions) -> dict[str, float]:
    """Spearman's rank correlation of predictions (rows of the owner API) and the hold-out's MOS."""
    from scipy.stats import spearmanr

    rows = [row for row in predictions if row["filename"] in holdout]
    names = next(iter(holdout.values()), {})
    return {
        name: float(
            spearmanr(
                [row["scores"][name]["mean"] for row in rows],
                [holdout[row["filename"]][name] for row in rows],
            ).statistic
        )
        for name in names
    }
