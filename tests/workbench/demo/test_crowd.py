"""Simulated raters at once over HTTP: what they send is stored once, within the caps."""

from collections import Counter
from pathlib import Path

import pytest

from annotation.models import Explanation, Score, Stimulus, Study, Trial
from tests.workbench.demo.conftest import rate_all
from workbench.demo.client import OwnerClient, UnreachableError
from workbench.demo.crowd import Crowd, Member, UnknownImageError, World
from workbench.demo.raters import SimulatedRater
from workbench.demo.world import write_world


def test_every_place_is_filled_once_and_every_answer_stored(
    open_study: Study, owner_client: OwnerClient, world_folder: Path
) -> None:
    report = rate_all(owner_client, world_folder, raters=4, repeat_every=3)
    assert len(report.sent) == 12 * 2
    assert report.repeated > 0
    per_image = Counter(sent.filename for sent in report.sent)
    assert set(per_image.values()) == {2}
    trials = Trial.objects.filter(state=Trial.State.SUBMITTED)
    assert trials.count() == 24
    assert Score.objects.filter(superseded_at=None).count() == 24 * 3
    assert not Score.objects.exclude(superseded_at=None).exists()


def test_the_scores_and_reasons_stored_are_those_of_the_person_who_looked(
    open_study: Study, owner_client: OwnerClient, world_folder: Path
) -> None:
    report = rate_all(owner_client, world_folder)
    sent = report.sent[0]
    trial = Trial.objects.get(rater__code=sent.rater, stimulus__filename=sent.filename)
    scores = dict(Score.objects.filter(trial=trial).values_list("perspective__key", "value"))
    assert scores == {str(name): answer.score for name, answer in sent.answers.items()}
    phrases = dict(
        Explanation.objects.filter(trial=trial).values_list("perspective__key", "phrases")
    )
    assert phrases == {str(name): dict(answer.phrases) for name, answer in sent.answers.items()}


def test_a_session_ends_at_its_length_and_another_one_continues(
    open_study: Study, owner_client: OwnerClient, world_folder: Path
) -> None:
    owner_client.change_study("demo", session_trials=2)
    first = rate_all(owner_client, world_folder, raters=3)
    assert len(first.sent) == 3 * 2
    second = rate_all(owner_client, world_folder, raters=3)
    assert len(second.sent) == 3 * 2


def test_a_rater_for_whom_nothing_is_left_sends_nothing(
    open_study: Study, owner_client: OwnerClient, world_folder: Path
) -> None:
    Stimulus.objects.update(wanted_ratings=0)
    assert rate_all(owner_client, world_folder, raters=1).sent == []


def test_progress_is_counted(
    open_study: Study, owner_client: OwnerClient, world_folder: Path
) -> None:
    seen: list[tuple[int, int]] = []
    rate_all(owner_client, world_folder, progress=lambda done, total: seen.append((done, total)))
    assert [done for done, total in seen] == list(range(1, 25))
    assert all(done <= total for done, total in seen)


def test_the_first_error_stops_the_crowd(open_study: Study, world_folder: Path) -> None:
    nobody = Member("X", "http://127.0.0.1:9/rate/forged/", SimulatedRater(1))
    world = World.read(world_folder)
    with pytest.raises(UnreachableError):
        Crowd(world, [nobody]).rate()


def test_an_image_of_another_world_is_named(tmp_path: Path, world_folder: Path) -> None:
    write_world(tmp_path, seed=99, images=1)
    stranger = next((tmp_path / "images").iterdir()).read_bytes()
    with pytest.raises(UnknownImageError, match="not of this world"):
        World.read(world_folder).find(stranger)
