"""Subjects, their mistakes, and the pictures that are made of them."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotation.protocol.aigciqa2023 import CORRESPONDENCE
from workbench.demo.flaws import WEIGHTS, Flaw, true_scores
from workbench.demo.pictures import __main__ as command
from workbench.demo.pictures import make
from workbench.demo.pictures.generators import GENERATORS
from workbench.demo.pictures.light import render
from workbench.demo.pictures.make import KNOWN, Order, flaws_of, orders, paint, picture_of
from workbench.demo.pictures.subjects import SUBJECTS
from workbench.demo.pictures.subjects.base import Subject
from workbench.demo.world import WorldImage

BY_NAME = {subject.name: subject for subject in SUBJECTS}
MISTAKES = [(subject.name, kind) for subject in SUBJECTS for kind in subject.mistakes]


def test_prompts_are_as_long_and_as_short_as_the_fields() -> None:
    lengths = sorted(len(subject.prompt) for subject in SUBJECTS)
    assert len({subject.prompt for subject in SUBJECTS}) == len(BY_NAME) == 13
    assert lengths[0] < 90
    assert lengths[-1] > 500
    assert set(KNOWN) <= BY_NAME.keys()


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_a_subject_is_staged_otherwise_by_chance_and_the_same_from_the_same(
    subject: Subject,
) -> None:
    one, again, other = (
        render(subject.stage((), np.random.default_rng(seed)), 10).light for seed in (1, 1, 2)
    )
    assert np.isfinite(one).all()
    assert (one >= -0.6).all()
    assert np.array_equal(one, again)
    assert not np.allclose(one, other)
    assert one.std() > 0.02


@pytest.mark.parametrize(("name", "kind"), MISTAKES)
def test_a_mistake_can_be_seen(name: str, kind: str) -> None:
    """More of the picture differs than one pixel in a hundred."""
    subject = BY_NAME[name]
    assert kind in WEIGHTS[CORRESPONDENCE]
    right, wrong = (
        render(subject.stage(kinds, np.random.default_rng(5)), 24).light for kinds in ((), {kind})
    )
    assert (np.abs(right - wrong).max(axis=0) > 0.02).mean() > 0.01


def test_flaws_follow_from_the_order_and_a_missing_thing_has_no_colour() -> None:
    for order in orders():
        flaws = flaws_of(order)
        assert flaws == flaws_of(order)
        kinds = {flaw.kind for flaw in flaws}
        assert not ("missing" in kinds and kinds & {"colour", "place"})
        for flaw in flaws:
            if flaw.perspective == CORRESPONDENCE:
                mistake = order.subject.mistakes[flaw.kind]
                assert (flaw.severity, flaw.detail) == (mistake.severity, mistake.detail)


def test_generators_differ_and_scores_spread_over_the_scale() -> None:
    table = np.array([[*true_scores(flaws_of(order)).values()] for order in orders()])
    assert (table.std(axis=0) > 0.2).all()
    assert (table.min(axis=0) < 0.3).all()
    assert (table.max(axis=0) == 1).all()
    means = table.mean(axis=1).reshape(len(SUBJECTS), len(GENERATORS)).mean(axis=0)
    assert means.max() - means.min() > 0.3
    between = np.abs(np.corrcoef(table.T) - np.eye(3))
    assert between.max() < 0.6


@pytest.mark.parametrize("name", ["fruit", "sailboat", "pagoda"])
def test_each_generator_finishes_in_its_own_way(name: str) -> None:
    pictures = [
        np.asarray(picture_of(Order(BY_NAME[name], generator, 1), (), 32), dtype=np.float32)
        for generator in GENERATORS
    ]
    for number, one in enumerate(pictures):
        assert one.shape == (32, 32, 3)
        assert all(np.abs(one - other).mean() > 1 for other in pictures[:number])


@pytest.mark.parametrize("kind", ["warp", "melt", "texture", "blur", "noise", "jpeg", "banding"])
def test_a_flaw_shows(kind: str) -> None:
    order = Order(BY_NAME["fruit"], GENERATORS[0], 1)
    clean, flawed = (
        np.asarray(picture_of(order, flaws, 64), dtype=np.float32)
        for flaws in ((), (Flaw(kind, 0.9, ""),))
    )
    assert np.abs(clean - flawed).mean() > 0.8


def test_a_picture_is_a_webp_with_its_truth() -> None:
    order = Order(BY_NAME["snowman"], GENERATORS[5], make.SEED)
    image = paint(order, 24)
    opened = Image.open(io.BytesIO(image.data))
    assert (opened.format, opened.size) == ("WEBP", (24, 24))
    assert (image.filename, image.generator) == ("snowman-6.webp", "Kiln GAN")
    assert image.true_scores == true_scores(image.flaws)
    assert image == paint(order, 24)


def test_what_is_written_has_three_folders_and_known_scores_in_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        make, "painted_all", lambda processes: (_blank(order) for order in orders())
    )
    monkeypatch.setattr("sys.argv", ["pictures", "--out", str(tmp_path), "--processes", "1"])
    command.main()
    rows = {
        name: list(csv.DictReader((tmp_path / name / "manifest.csv").open()))
        for name in ("main", "practice", "gold")
    }
    assert {name: len(found) for name, found in rows.items()} == {
        "main": 66,
        "practice": 6,
        "gold": 6,
    }
    assert list(rows["main"][0]) == ["filename", "prompt", "generator"]
    for name in ("practice", "gold"):
        means = [
            sum(float(row[f"mos_{key}"]) for key in WEIGHTS) / len(WEIGHTS) for row in rows[name]
        ]
        assert means == sorted(means)
        assert means[-1] - means[0] > 0.3


def test_several_processes_paint_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [Order(BY_NAME["fruit"], generator, 1) for generator in GENERATORS[:2]]
    monkeypatch.setattr(make, "orders", lambda seed: few)
    monkeypatch.setattr(make, "paint", _blank)
    painted = [image.filename for image in make.painted_all(1)]
    assert painted == ["fruit-1.webp", "fruit-2.webp"]


def _blank(order: Order) -> WorldImage:
    flaws = flaws_of(order)
    return WorldImage(
        order.filename,
        b"",
        order.subject.prompt,
        order.generator.name,
        true_scores(flaws),
        flaws,
    )
