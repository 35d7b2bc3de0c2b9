import json

from modelops.learning.curves import Curve


def test_the_best_epoch_is_the_first_of_the_lowest() -> None:
    curve = Curve(2, validation=[0.3, 0.1, 0.2, 0.1])
    assert curve.best_epoch == 2
    assert not curve.latest_is_best


def test_patience_counts_the_epochs_since_the_best() -> None:
    curve = Curve(2, validation=[0.3, 0.1, 0.2, 0.1])
    assert [curve.is_over(patience) for patience in (0, 1, 2, 3)] == [False, True, True, False]


def test_without_validation_no_epoch_is_the_best() -> None:
    curve = Curve(2, losses=[0.5])
    assert curve.best_epoch is None
    assert not curve.latest_is_best
    assert not curve.is_over(1)


def test_an_epoch_s_loss_is_the_mean_of_its_steps() -> None:
    curve = Curve(2, losses=[0.5, 0.25, 0.25, 0.125, 0.0625])
    assert curve.epoch_losses() == [0.375, 0.1875, 0.0625]
    assert json.loads(json.dumps(curve.summary()))["losses"] == [0.375, 0.1875, 0.0625]
    assert curve.to_json()["losses"] == curve.losses
