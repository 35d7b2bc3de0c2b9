from modelops.runs.pages.charts import Tick, training_chart


def test_a_training_without_fine_tuning_has_no_picture() -> None:
    assert training_chart(None) is None


def test_a_single_epoch_is_a_point_in_the_middle() -> None:
    chart = training_chart({"losses": [0.5], "validation": [], "best_epoch": None})
    assert chart is not None
    assert chart.losses.marks == [(120.0, 60.0)]
    assert chart.losses.ticks == [Tick(60.0, "0.500")]
    assert (chart.validation, chart.best_x) == (None, None)
    assert chart.x_ticks == [Tick(120.0, "1")]


def test_the_best_epoch_is_marked_between_first_and_last() -> None:
    curve = {"losses": [0.4, 0.3, 0.2, 0.1], "validation": [0.4, 0.1, 0.2, 0.3], "best_epoch": 2}
    chart = training_chart(curve)
    assert chart is not None
    assert chart.x_ticks == [Tick(0.0, "1"), Tick(80.0, "2"), Tick(240.0, "4")]
    assert chart.best_x == 80.0
    assert chart.validation is not None
    assert chart.validation.ticks == [Tick(120.0, "0.100"), Tick(0.0, "0.400")]
