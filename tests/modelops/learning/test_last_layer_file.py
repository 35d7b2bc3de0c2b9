from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from modelops.learning.bayes import LastLayer, fit_last_layer, load_last_layer, save_last_layer
from modelops.learning.errors import LearningError
from tests.modelops.learning.test_bayes import make_problem


@pytest.fixture
def layer() -> LastLayer:
    x, labels, _ = make_problem(20, 5)
    return fit_last_layer(x, labels)


def test_a_saved_posterior_predicts_the_same(layer: LastLayer, tmp_path: Path) -> None:
    save_last_layer(layer, tmp_path / "layer.safetensors")
    x, _, _ = make_problem(50, 5, seed=8)
    before, after = layer.predict(x), load_last_layer(tmp_path / "layer.safetensors").predict(x)
    assert after.mean == pytest.approx(before.mean, abs=1e-6)
    assert after.posterior_sd == pytest.approx(before.posterior_sd, rel=1e-5)
    assert after.misfit_sd == pytest.approx(before.misfit_sd)
    assert after.rater_sd == pytest.approx(before.rater_sd)


def test_saving_leaves_no_temporary_file(layer: LastLayer, tmp_path: Path) -> None:
    save_last_layer(layer, tmp_path / "layer.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["layer.safetensors"]


def test_a_cut_off_file_is_named(layer: LastLayer, tmp_path: Path) -> None:
    path = tmp_path / "layer.safetensors"
    save_last_layer(layer, path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(LearningError, match=r"layer\.safetensors: not a readable last layer"):
        load_last_layer(path)


def test_another_safetensors_file_is_refused(tmp_path: Path) -> None:
    save_file({"w": np.zeros(3)}, tmp_path / "other.safetensors", {"format": "pt"})
    with pytest.raises(LearningError, match="is not mint-last-layer version 2"):
        load_last_layer(tmp_path / "other.safetensors")
