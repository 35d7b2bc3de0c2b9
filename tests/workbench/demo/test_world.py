import csv
import io
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.demo.flaws import true_scores
from workbench.demo.generators import GENERATORS, choose_kinds
from workbench.demo.grammar import Split, split_of
from workbench.demo.world import build_world, read_truth, write_world


@pytest.fixture(scope="module")
def truths() -> np.ndarray:
    """The true scores of 300 images, a column for each perspective; painting them takes long."""
    world = list(build_world(seed=4, images=300, prompts=100))
    assert all(image.true_scores == true_scores(image.flaws) for image in world)
    return np.array([list(image.true_scores.values()) for image in world])


def test_the_same_seed_builds_the_same_world() -> None:
    first = list(build_world(seed=7, images=6))
    assert first == list(build_world(seed=7, images=6))
    assert first != list(build_world(seed=8, images=6))


def test_every_image_opens_and_its_prompt_belongs_to_studies() -> None:
    for image in build_world(seed=1, images=12):
        opened = Image.open(io.BytesIO(image.data))
        assert (opened.format, opened.size) == ("JPEG", (384, 384))
        assert split_of(image.prompt) is Split.STUDY


def test_each_prompt_is_painted_by_different_generators() -> None:
    painters = defaultdict(list)
    for image in build_world(seed=2, images=24, prompts=4):
        painters[image.prompt].append(image.generator)
    assert len(painters) == 4
    assert all(len(set(names)) == 6 for names in painters.values())


def test_truth_is_the_function_of_the_flaws_and_spreads_over_the_scale(truths: np.ndarray) -> None:
    assert (truths.std(axis=0) > 0.25).all()
    assert (np.quantile(truths, 0.1, axis=0) < 0.4).all()
    assert (np.quantile(truths, 0.9, axis=0) > 0.9).all()


def test_perspectives_are_only_mildly_coupled(truths: np.ndarray) -> None:
    between = np.corrcoef(truths.T)[np.triu_indices(3, 1)]
    assert (np.abs(between) < 0.45).all()


def test_generators_are_prone_to_their_own_flaws() -> None:
    rng = np.random.default_rng(0)
    counts = {
        generator.name: sum(
            "count" in choose_kinds(generator.profile, "correspondence", rng) for _ in range(400)
        )
        for generator in GENERATORS
    }
    assert max(counts, key=lambda name: counts[name]) == "Papercut"


def test_a_written_world_holds_a_manifest_and_keeps_the_truth_apart(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    manifest = write_world(
        tmp_path, seed=5, images=4, prompts=2, progress=lambda *at: calls.append(at)
    )
    rows = list(csv.DictReader(manifest.open()))
    assert list(rows[0]) == ["filename", "prompt", "generator"]
    assert all((tmp_path / "images" / row["filename"]).is_file() for row in rows)
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    truth = read_truth(tmp_path / "truth.json")
    built = {image.filename: image for image in build_world(seed=5, images=4, prompts=2)}
    assert {row["filename"] for row in rows} == set(truth) == set(built)
    for name, entry in truth.items():
        assert entry.scores == built[name].true_scores
        assert entry.flaws == built[name].flaws


def test_truth_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    path.write_text(json.dumps({"format": 99, "images": {}}))
    with pytest.raises(ValueError, match="format 99"):
        read_truth(path)


@pytest.mark.parametrize("prompts", [0, 5])
def test_impossible_sizes_are_refused(prompts: int) -> None:
    with pytest.raises(ValueError, match="cannot show"):
        list(build_world(seed=1, images=4, prompts=prompts))
