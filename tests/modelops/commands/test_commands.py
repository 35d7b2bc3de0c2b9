import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Stimulus, Study
from modelops.learning.evaluation import Agreement
from modelops.models import ModelVersion, TrainingRun
from modelops.predictors.registry import PREDICTORS
from modelops.registry.holdout import Standing
from modelops.runs.waiting import metric_lines, report_unreadable, wait_for
from tests.factories import make_stimuli, make_study
from tests.modelops.conftest import Train, score_all
from tests.modelops.labelling import make_predictor
from workbench.accounts.models import User
from workbench.settings import BASE_DIR


def output(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_retrain_queues_a_run(study: Study, labelled: list[Stimulus]) -> None:
    assert "is queued" in output("retrain", "demo", "--promote")
    run = TrainingRun.objects.get()
    assert (run.trigger, run.promote_when_done) == ("command", True)


def test_retrain_takes_settings_by_name(study: Study, labelled: list[Stimulus]) -> None:
    output("retrain", "demo", "epochs=3", "lora_rank=4", "--num-processes", "2")
    recipe = TrainingRun.objects.get().recipe
    assert (recipe["epochs"], recipe["lora_rank"], recipe["processes"]) == (3, 4, 2)
    assert recipe["learning_rate"] == 1e-4  # the preset's own


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["epoch=3"], "'epoch=3' is not NAME=VALUE with a name among"),
        (["batch_size=0"], "batch_size is 0; it must be 1 or more"),
        (["--num-processes", "0"], "processes is 0; it must be from 1 to 64"),
    ],
)
def test_retrain_names_a_setting_that_cannot_be(
    study: Study, labelled: list[Stimulus], arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        output("retrain", "demo", *arguments)
    assert not TrainingRun.objects.exists()


def test_the_documented_command_puts_the_release_s_halves_in_place(owner: User) -> None:
    """docs/models.md, the published recipe."""
    study = make_study(owner, slug="paper", title="Paper")
    for number, half in enumerate(["train", "test", "train"]):
        make_stimuli(study, [number], split="holdout", metadata={"official_split": half})
    (code,) = re.findall('manage.py shell -c "(.*)"', (BASE_DIR / "docs/models.md").read_text())
    call_command("shell", "--command", code)
    splits = study.stimuli.order_by("pk").values_list("split", flat=True)
    assert list(splits) == ["pool", "holdout", "pool"]


def test_the_documented_retrainings_are_recipes(study: Study, labelled: list[Stimulus]) -> None:
    lines = (BASE_DIR / "docs/models.md").read_text().splitlines()
    commands = [
        line.partition("#")[0].split()
        for line in lines
        if re.match(r"\S*(python )?manage.py retrain ", line)
    ]
    assert len(commands) == 6
    for words in commands:
        settings = [word for word in words if "=" in word]
        if "paper" in words:
            assert PREDICTORS["vit-g"].recipe().changed(settings).epochs == 500
        else:
            assert PREDICTORS["tiny"].recipe().changed(settings)


def test_retrain_names_what_is_missing(study: Study, small_model_settings: None) -> None:
    with pytest.raises(CommandError, match="Import at least 20 more images and rate them"):
        output("retrain", "demo")


@pytest.mark.parametrize("command", ["retrain", "predict", "promote"])
def test_an_unknown_study_is_named_with_those_there_are(study: Study, command: str) -> None:
    arguments = ["1"] if command == "promote" else []
    with pytest.raises(CommandError, match='no study "nowhere"; the studies are: demo'):
        output(command, "nowhere", *arguments)


def test_predict_scores_what_is_new(study: Study, scored: ModelVersion) -> None:
    make_stimuli(study, [700, 701])
    assert "version 1 predicts 2 images" in output("predict", "demo", "--version", "1")


def test_predict_takes_up_an_image_that_was_fixed(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    path = Path(labelled[-1].picture.path)
    content = path.read_bytes()
    path.unlink()
    version = train()
    score_all(version)
    path.write_bytes(content)
    assert "version 1 predicts 1 images" in output("predict", "demo", "--version", "1")


def test_images_that_cannot_be_read_are_listed_with_what_to_do() -> None:
    err = io.StringIO()
    report_unreadable([{"error": "a.png: gone\n"}], "retrain", err)  # type: ignore[arg-type]  # as below
    assert err.getvalue() == (
        "a.png: gone\n1 images could not be read and were left out; import them again "
        "to replace their files, then retrain."
    )
    report_unreadable([], "retrain", err)  # type: ignore[arg-type]  # as below
    assert err.getvalue().count("retrain") == 1


def test_predict_without_an_active_version_says_so(study: Study) -> None:
    with pytest.raises(CommandError, match="no active model"):
        output("predict", "demo")


def test_promote_makes_a_version_active(study: Study, scored: ModelVersion) -> None:
    text = output("promote", "demo", "1")
    assert "version 1 is the active model of demo" in text
    assert "authenticity" in text
    scored.refresh_from_db()
    assert scored.state == "active"


def test_waiting_prints_a_line_for_each_step(study: Study) -> None:
    run = TrainingRun.objects.create(
        study=study, predictor=make_predictor(study), trigger="command"
    )
    steps: Iterator[dict[str, Any]] = iter(
        [
            {"state": "running", "stage": "embedding", "progress_done": 1, "progress_total": 3},
            {"state": "running", "stage": "embedding", "progress_done": 3, "progress_total": 3},
            {"state": "succeeded"},
        ]
    )

    def next_step(seconds: float) -> None:
        TrainingRun.objects.filter(pk=run.pk).update(**next(steps))

    out = io.StringIO()
    wait_for(run, out, sleep=next_step)  # type: ignore[arg-type]  # a stream that has write and flush
    assert out.getvalue() == (
        "training: queuedtraining: embedding 1 of 3training: embedding 3 of 3training: succeeded"
    )


def test_waiting_ends_with_the_message_of_a_failure(study: Study) -> None:
    run = TrainingRun.objects.create(
        study=study,
        predictor=make_predictor(study),
        trigger="command",
        state="failed",
        error="free some space",
    )
    with pytest.raises(CommandError, match="free some space"):
        wait_for(run, io.StringIO())  # type: ignore[arg-type]  # as above


def test_waiting_mentions_that_no_worker_answers(study: Study) -> None:
    run = TrainingRun.objects.create(
        study=study, predictor=make_predictor(study), trigger="command"
    )
    naps = 0

    def nap(seconds: float) -> None:
        nonlocal naps
        naps += 1
        if naps == 60:
            TrainingRun.objects.filter(pk=run.pk).update(state="succeeded")

    out = io.StringIO()
    wait_for(run, out, sleep=nap)  # type: ignore[arg-type]  # as above
    assert out.getvalue().count("is a worker running?") == 1


def test_metrics_are_on_the_studys_scale_and_a_dash_if_they_are_not_defined(study: Study) -> None:
    found = Agreement(srcc=0.61234, plcc=None, krcc=None, rmse=0.1, n=2)
    nothing = Agreement(None, None, None, None, 0)
    standing = Standing({"quality": found, "authenticity": nothing, "correspondence": nothing})
    # A tenth of 1 to 5 is 0.4.
    assert metric_lines(study, standing)[1:3] == [
        "quality             2   0.612       –       –   0.400  1–5",
        "authenticity        0       –       –       –       –  1–5",
    ]
