import csv
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.db.models.functions import MD5
from django.utils import timezone

from annotation.models import OpinionRelease, OpinionScore, Rater, Score, Stimulus, Study
from annotation.opinion.imported import Published, write_published
from annotation.opinion.labels import Label, labels_from, labels_of
from annotation.opinion.methods import METHODS
from annotation.opinion.releases import make_release
from annotation.opinion.sources import Source
from annotation.stimuli.imports.service import import_aigciqa2023
from modelops.errors import ArtifactError
from modelops.models import LabelSnapshot
from modelops.registry.snapshots import read_snapshot, take_snapshot
from tests.factories import make_rater, make_stimuli, make_study, publish
from tests.modelops.labelling import rate
from tests.shared_data import require_shared
from workbench.accounts.models import User


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
    """A rating or a published score that arrives after the release was kept is in neither."""
    rater = make_rater(study)

    def arrive_then_read(asked: Study, own: OpinionRelease | None) -> list[Label]:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(in_another_connection, rated[2], rater).result()
        return labels_from(asked, own)

    monkeypatch.setattr("modelops.registry.snapshots.labels_from", arrive_then_read)
    snapshot = take_snapshot(study)
    assert (snapshot.ratings, snapshot.stimuli, snapshot.published) == (2, 2, [])
    monkeypatch.undo()
    assert len(read_snapshot(take_snapshot(study))) == 3 * 3 + 1


def in_another_connection(stimulus: Stimulus, rater: Rater) -> None:
    try:
        rate(stimulus, rater, (3, 3, 3))
        scores = OpinionScore(study=stimulus.study, stimulus=stimulus, value=0.5)
        scores.perspective = stimulus.study.perspectives.get(key="quality")
        # Without the lock of those who write releases, which the snapshot holds.
        scores.release = OpinionRelease.objects.create(
            study=stimulus.study,
            number=99,
            kind="imported",
            source="elsewhere",
            minimum=0,
            maximum=1,
            computed_at=timezone.now(),
        )
        scores.save()
    finally:
        connection.close()


def test_the_labels_are_those_of_a_release_that_never_changes(
    study: Study, rated: list[Stimulus]
) -> None:
    snapshot = take_snapshot(study)
    rate(rated[0], make_rater(study), (5, 5, 5))
    release = snapshot.release
    assert release is not None
    assert (release.state, release.name, release.method) == ("frozen", "", "mos")
    assert (release.method_version, release.ratings) == (METHODS["mos"].version, 2)
    # On 1…5; the labels are on 0…1.
    scores = release.scores.filter(perspective__key="quality").order_by("stimulus")
    assert [(item.stimulus_id, item.value, item.n) for item in scores] == [
        (rated[0].pk, 1.0, 1),
        (rated[1].pk, 5.0, 1),
    ]
    labels = [label for label in read_snapshot(snapshot) if label.perspective == "quality"]
    assert [(label.stimulus, label.mos) for label in labels] == [
        (rated[0].pk, 0.0),
        (rated[1].pk, 1.0),
    ]
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        OpinionRelease.objects.filter(pk=release.pk).update(ratings=3)


def test_unchanged_opinions_are_kept_once(study: Study, rated: list[Stimulus]) -> None:
    first = take_snapshot(study)
    publish(rated[2], "quality", 0.5)
    second = take_snapshot(study)
    assert (first.pk == second.pk, first.release) == (False, second.release)
    assert OpinionRelease.objects.filter(state="frozen").count() == 1


def test_a_named_release_with_the_same_scores_is_enough(
    study: Study, rated: list[Stimulus]
) -> None:
    named = make_release(study, name="For the paper")
    assert take_snapshot(study).release == named
    assert not OpinionRelease.objects.filter(state="frozen").exists()


def test_other_opinions_with_the_same_labels_are_not_kept_twice(
    study: Study, rated: list[Stimulus], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new version of the method may say the same."""
    first = take_snapshot(study)
    monkeypatch.setattr(METHODS["mos"], "version", "2")
    assert take_snapshot(study) == first
    assert OpinionRelease.objects.filter(state="frozen").get() == first.release


def test_a_study_with_published_scores_alone_names_what_it_read(study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    score = publish(stimulus, "quality", 61.5, source="a paper", sd=10, raters=28, scale=(0, 100))
    (gold,) = make_stimuli(study, [10], purpose="gold")
    publish(gold, "quality", 0.5, source="no label")
    snapshot = take_snapshot(study)
    # What the hash is of, written out.
    content = '["a paper", 0.0, 100.0, "higher", "other"]'
    content += f'["quality", {stimulus.pk}, 61.5, 10.0, 28, null]\n'
    digest = hashlib.sha256(content.encode()).hexdigest()
    assert (snapshot.release, snapshot.ratings) == (None, 0)
    assert snapshot.published == [
        {"number": 1, "source": "a paper", "content_sha256": digest, "links": []}
    ]
    assert OpinionRelease.objects.get(source="a paper").content_sha256 == digest
    with transaction.atomic():
        write_published(study, Source("a paper", 0, 100), [Published(stimulus.pk, "quality", 70.0)])
    assert OpinionRelease.objects.get(source="a paper").content_sha256 != digest
    assert not OpinionScore.objects.filter(pk=score.pk).exists()


def test_the_split_has_a_hash_of_its_own(study: Study, rated: list[Stimulus]) -> None:
    first = take_snapshot(study)
    Stimulus.objects.filter(pk=rated[1].pk).update(split="holdout")
    second = take_snapshot(study)
    lines = f'[{rated[0].pk}, "pool"]\n[{rated[1].pk}, "holdout"]\n'
    assert second.split_sha256 == hashlib.sha256(lines.encode()).hexdigest()
    assert first.split_sha256 != second.split_sha256
    assert (first.release, first.holdout_stimuli, second.holdout_stimuli) == (second.release, 0, 1)


def test_a_release_goes_with_its_last_snapshot(study: Study, rated: list[Stimulus]) -> None:
    first = take_snapshot(study)
    publish(rated[2], "quality", 0.5)
    second = take_snapshot(study)
    release = first.release
    assert release is not None
    with pytest.raises(ProtectedError):
        release.delete()
    first.delete()
    assert OpinionRelease.objects.filter(pk=release.pk).exists()
    LabelSnapshot.objects.filter(pk=second.pk).delete()
    assert not OpinionRelease.objects.filter(pk=release.pk).exists()
    assert not OpinionScore.objects.filter(release=release.pk).exists()


def test_a_named_release_stays_without_snapshots(study: Study, rated: list[Stimulus]) -> None:
    named = make_release(study, name="For the paper")
    take_snapshot(study).delete()
    assert OpinionRelease.objects.filter(pk=named.pk).exists()


def test_published_labels_leave_to_the_last_bit_as_they_came(owner: User) -> None:
    folder = require_shared("data/aigciqa2023plus")
    study = make_study(owner, "aigciqa", holdout_share=0.2)
    import_aigciqa2023(study=study, folder=folder)
    # As if all images had come.
    Stimulus.objects.filter(study=study).update(
        sha256=MD5("filename"), image="there.png", width=512, height=512
    )
    with (folder / "mos.csv").open(encoding="utf-8") as file:
        given = {
            (int(row["index"]), key): float(row[f"mos_{key}"])
            for row in csv.DictReader(file)
            for key in ("quality", "authenticity", "correspondence")
        }
    snapshot = take_snapshot(study)
    index = dict(Stimulus.objects.values_list("pk", "metadata__index"))
    labels = read_snapshot(snapshot)
    assert {(index[label.stimulus], label.perspective): label.mos for label in labels} == given
    assert (len(labels), {label.ratings for label in labels}) == (7200, {28})
    assert (snapshot.release, [item["source"] for item in snapshot.published]) == (
        None,
        ["AIGCIQA2023+"],
    )
