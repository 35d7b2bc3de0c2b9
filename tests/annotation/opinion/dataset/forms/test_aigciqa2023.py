"""The layout of AIGCIQA2023+: the release in and out again, and own ratings."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import loadmat

from annotation.opinion.dataset.forms import Tables
from annotation.opinion.dataset.forms.aigciqa2023 import hundredfold
from annotation.opinion.dataset.forms.making import LIST
from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from annotation.stimuli.importing.aigciqa2023 import TEXTS, read_release
from tests.shared_data import require_shared

from .made_up import KEYS, Row, image, rated, reason, tables, written

FOLDER = "forms/aigciqa2023"


@pytest.fixture(scope="module")
def release() -> Path:
    return require_shared("data/aigciqa2023plus")


@pytest.fixture(scope="module")
def unpacked(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that a study has of which the release was imported."""
    target = tmp_path_factory.mktemp("archive")
    for path, data in written(imported(release)).items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(data)
    return target / FOLDER


def imported(release: Path) -> Tables:
    """As the importer leaves it, in another order: keys of images are no index."""
    rows = read_release(release, perspectives=AIGCIQA2023_PERSPECTIVES).manifest.rows[::-1]
    images = [
        image(
            key,
            filename=row.filename,
            prompt=row.prompt,
            generator=row.generator,
            metadata={**row.metadata, **_spreads(row.metadata["index"])},
        )
        for key, row in enumerate(rows)
    ]
    scores: list[Row] = [
        {
            "kind": "published",
            "stimulus": key,
            "perspective": score.perspective,
            "published_mos": score.mos,
            "published_raters": score.raters,
            "published_source": "AIGCIQA2023+",
            "scale_minimum": 0.0,
            "scale_maximum": 1.0,
            "scale_direction": "higher",
        }
        for key, row in enumerate(rows)
        for score in row.scores
    ]
    return tables(images, scores, names={})


def _spreads(index: int) -> dict[str, float]:
    return {f"release_sd_{key}": index + number / 7 for number, key in enumerate(KEYS)}


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_release_leaves_as_it_came(release: Path, unpacked: Path) -> None:
    for name in ("mos.csv", "prompts.csv"):
        assert _stripped(_table(unpacked / name)) == _stripped(_table(release / name))
    splits = [(folder / "official_split.json").read_text() for folder in (unpacked, release)]
    assert json.loads(splits[0]) == json.loads(splits[1])
    given, found = _table(release / "explanations.csv"), _table(unpacked / "explanations.csv")
    columns = list(given[0])
    assert list(found[0])[: len(columns)] == columns
    # The importer strips texts, and knows one line ending.
    differ = [
        (row["index"], name)
        for row, other in zip(given, found, strict=True)
        for name in columns
        if other[name] != row[name]
    ]
    assert {name for _index, name in differ} <= set(TEXTS)
    assert len(differ) == 6
    assert {row["rater_quality"] for row in found} == {"published"}


def test_scores_are_those_of_the_authors_files_to_the_last_bit(
    release: Path, unpacked: Path
) -> None:
    rows = _table(release / "mos.csv")
    for number, key in enumerate(KEYS, start=1):
        scores = loadmat(unpacked / "DATA" / "MOS" / f"mosz{number}.mat")
        assert scores["MOSz"].shape == (2400, 1)
        given = np.array([float(row[f"mos_{key}"]) for row in rows])
        np.testing.assert_array_equal(scores["MOSz"][:, 0] / 100, given)
        assert scores["perspective"] == [key]
        assert scores["direction"] == ["higher"]
        spread = loadmat(unpacked / "DATA" / "STD" / f"SD{number}.mat")
        assert spread["SD"][1285, 0] == 1285 + (number - 1) / 7
        assert spread["scale"] == ["a scale that its authors do not give"]


def test_question_and_answer_pairs_are_the_released_ones(release: Path, unpacked: Path) -> None:
    with (release / "instruct.jsonl").open(encoding="utf-8") as file:
        given = [json.loads(line) for line in file]
    found = json.loads((unpacked / "instruct.json").read_text())
    assert list(found[0]) == ["id", "img", "prompt", "moz1", "moz2", "moz3", "q", "a"]
    released = {(pair["id"], pair["question"]): pair["answer"] for pair in given}
    ours = {(pair["id"], pair["q"]): pair["a"] for pair in found}
    # docs/models.md lists the eight: texts that end in white space, levels that do not exist.
    differ = [place for place, answer in released.items() if ours.get(place) != answer]
    assert {index for index, _question in differ} == {100, 749, 1285, 2226}
    assert len(differ) == 8
    assert (found[0]["moz1"], found[0]["img"]) == (0.601641784272688, "0.png")


def test_the_importer_reads_what_the_layout_writes(release: Path, unpacked: Path) -> None:
    given = read_release(release, perspectives=AIGCIQA2023_PERSPECTIVES)
    found = read_release(unpacked, perspectives=AIGCIQA2023_PERSPECTIVES)
    assert [row.scores for row in found.manifest.rows] == [
        row.scores for row in given.manifest.rows
    ]
    assert [row.filename for row in found.manifest.rows] == [
        row.filename for row in given.manifest.rows
    ]
    assert [slip.params for slip in found.slips] == [slip.params for slip in given.slips]
    assert found.manifest.rows[3].metadata["release_sd_quality"] == 3.0


def own() -> Iterator[dict[str, Any]]:
    """Two generators × two prompts × one image, in the order in which they came; the last one is
    unrated."""
    cells = [("zeta", "b"), ("Alpha", "b"), ("zeta", "a"), ("Alpha", "a")]
    for number, (generator, prompt) in enumerate(cells):
        scores = {"quality": rated(2.0 + number)} if number < 3 else {}
        split = "holdout" if prompt == "a" else "pool"
        yield image(number, scores, generator=generator, prompt=prompt, split=split)


def test_own_ratings_have_the_layout_with_their_own_sizes() -> None:
    reasons = [
        reason(0, "r-9", 5, text="a late word", phrases={"quality_clarity": 4}),
        reason(0, "r-10", 2, text="blurred", phrases={"quality_clarity": 1}),
        reason(0, "r-111", 2, text="模糊", language="zh-hans", counts=False),
    ]
    found = written(tables(own(), (), reasons))
    scores = _mat(found[f"{FOLDER}/DATA/MOS/mosz1.mat"])
    # Ids: Alpha b, Alpha a, zeta b, zeta a. From 1…5 to 0…100.
    np.testing.assert_array_equal(scores["MOSz"][:, 0], [50, np.nan, 25, 75])
    spreads = _mat(found[f"{FOLDER}/DATA/STD/SD1.mat"])
    np.testing.assert_array_equal(spreads["SD"][:, 0], [0.5, np.nan, 0.5, 0.5])
    assert spreads["scale"] == ["the scale from 1 to 5 on which images were rated"]
    assert json.loads(found[f"{FOLDER}/official_split.json"]) == {"train": [0, 2], "test": [1, 3]}
    rows = list(csv.DictReader(io.StringIO(found[f"{FOLDER}/explanations.csv"].decode())))
    assert rows[2]["quality_clarity"] == "1"
    assert rows[2]["rater_quality"] == "r-10"
    (pair,) = json.loads(found[f"{FOLDER}/instruct.json"])
    assert (pair["id"], pair["moz1"], pair["moz2"]) == (2, 0.25, None)
    assert pair["a"] == "The image quality is very blurry. blurred."
    images = found[f"{FOLDER}/images.csv"].decode().splitlines()
    assert images[3] == f"2,pool/{0:064x}.png,0"
    readme = found[f"{FOLDER}/README.md"].decode()
    assert "Image 2·g + 1·p + k" in readme
    assert "from 1 to 5, higher is better" in readme


def test_files_are_the_same_each_time_and_name_the_dataset() -> None:
    one, other = (written(tables(own())) for _again in range(2))
    assert one == other
    assert one[f"{FOLDER}/DATA/MOS/mosz1.mat"].startswith(b"MATLAB 5.0 MAT-file, demo-3.0.0  ")


def test_what_is_no_grid_is_left_out_and_said() -> None:
    found = written(tables([*own(), image(7, generator="zeta", prompt="c")]))
    assert not any(path.startswith(FOLDER) for path in found)
    assert (
        "Left out. It needs the same number of images of each prompt from each"
        in found[LIST].decode()
    )
    assert "there are 1, but 0 of “c” from Alpha" in found[LIST].decode()


def test_a_hundredth_of_each_score_is_the_score_that_was_divided() -> None:
    units = np.random.default_rng(3).uniform(0, 100, size=10_000) / 100
    np.testing.assert_array_equal(hundredfold(units) / 100, units)


def _mat(data: bytes) -> dict[str, Any]:
    return loadmat(io.BytesIO(data))  # type: ignore[arg-type]  # it takes open files


def _stripped(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Two prompts end in a space in one of the release's tables."""
    return [{name: value.strip() for name, value in row.items()} for row in rows]
