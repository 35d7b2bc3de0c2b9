from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction

from annotation.models import OpinionRelease, Rater, Score, Stimulus, Study
from annotation.opinion import releases
from annotation.opinion.labels import labels_of
from modelops.errors import ArtifactError
from modelops.models import LabelSnapshot
from modelops.registry.snapshots import read_snapshot, take_snapshot
from tests.factories import make_rater, make_stimuli
from tests.modelops.labelling import rate


@pytest.fixture
def rated(study: Study) -> list[Stimulus]:
    stimuli = make_stimuli(study, 3)
    rate(stimuli[0], make_rater(study), (1, 2, 3))
    rate(stimuli[1], make_rater(study), (5, 4, 3))
    return stimuli


def path_of(snapshot: LabelSnapshot) -> Path:
    return Path(storages["artifacts"].path(snapshot.artifact))


def test_a_snapshot_reads_back_as_the_labels_were(study: Study, rated: list[Stimulus]) -> None:
    labels = labels_of(study)
    snapshot = take_snapshot(study)
    rate(rated[2], make_rater(study), (5, 5, 5))
    assert read_snapshot(snapshot) == labels
    assert (snapshot.stimuli, snapshot.ratings, snapshot.holdout_stimuli) == (2, 2, 0)


def test_the_file_is_plain_parquet_that_says_what_it_is(
    study: Study, rated: list[Stimulus]
) -> None:
    table = pq.read_table(path_of(take_snapshot(study)))
    assert table.schema.metadata[b"version"] == b"1"
    first = table.to_pylist()[0]
    assert first["filename"] == rated[0].filename
    assert first["image_sha256"] == rated[0].sha256
    assert (first["perspective"], first["mos"], first["ratings"]) == ("quality", 0.0, 1)


def test_unchanged_labels_reuse_their_snapshot(study: Study, rated: list[Stimulus]) -> None:
    assert take_snapshot(study) == take_snapshot(study)
    assert LabelSnapshot.objects.count() == 1


def test_a_new_rating_or_a_changed_one_makes_another_snapshot(
    study: Study, rated: list[Stimulus]
) -> None:
    first = take_snapshot(study)
    Score.objects.filter(perspective__key="quality", trial__stimulus=rated[0]).update(value=2)
    second = take_snapshot(study)
    rate(rated[2], make_rater(study), (5, 5, 5))
    assert len({first.pk, second.pk, take_snapshot(study).pk}) == 3


def test_excluding_a_rater_makes_another_snapshot(study: Study, rated: list[Stimulus]) -> None:
    first = take_snapshot(study)
    Rater.objects.filter(trials__stimulus=rated[0]).update(status="excluded")
    assert take_snapshot(study).stimuli == first.stimuli - 1


def test_the_database_refuses_to_change_a_snapshot(study: Study, rated: list[Stimulus]) -> None:
    snapshot = take_snapshot(study)
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        LabelSnapshot.objects.filter(pk=snapshot.pk).update(ratings=99)
    with (
        pytest.raises(IntegrityError, match="immutable"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE modelops_labelsnapshot SET artifact = 'x'")


def test_a_file_that_was_changed_is_not_read(study: Study, rated: list[Stimulus]) -> None:
    snapshot = take_snapshot(study)
    table = pq.read_table(path_of(snapshot))
    pq.write_table(table.slice(1), path_of(snapshot))
    with pytest.raises(ArtifactError, match=r"parquet has changed since it was written"):
        read_snapshot(snapshot)


def test_a_file_that_is_gone_is_named(study: Study, rated: list[Stimulus]) -> None:
    snapshot = take_snapshot(study)
    path_of(snapshot).unlink()
    with pytest.raises(ArtifactError, match="is not in the artifact storage"):
        read_snapshot(snapshot)


def test_a_study_without_labels_has_an_empty_snapshot(study: Study) -> None:
    assert read_snapshot(take_snapshot(study)) == []


@pytest.mark.django_db(transaction=True)
def test_count_and_labels_are_of_one_moment(
    study: Study, rated: list[Stimulus], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rating that arrives after the labels' release was found is in neither."""
    rater, stored = make_rater(study), releases.stored_live

    def find_then_rate(asked: Study) -> OpinionRelease | None:
        found = stored(asked)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(in_another_connection, rated[2], rater).result()
        return found

    monkeypatch.setattr("annotation.opinion.labels.stored_live", find_then_rate)
    snapshot = take_snapshot(study)
    assert (snapshot.ratings, snapshot.stimuli) == (2, 2)
    monkeypatch.undo()
    assert len(labels_of(study)) == 3 * 3


def in_another_connection(stimulus: Stimulus, rater: Rater) -> None:
    try:
        rate(stimulus, rater, (3, 3, 3))
    finally:
        connection.close()
