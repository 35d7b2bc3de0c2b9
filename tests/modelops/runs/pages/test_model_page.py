import errno
import re
from pathlib import Path

import pytest
from django.test import Client

from annotation.models import Stimulus, Study
from annotation.models.membership import MemberRole
from modelops.learning.shards import EmbeddingCache
from modelops.models import ModelVersion, TrainingRun
from modelops.runs import promotion, scoring
from tests.factories import make_member, make_stimuli, make_user, publish
from tests.modelops.conftest import Train, score_all
from tests.modelops.labelling import make_predictor
from workbench.accounts.models import User
from workbench.core.jobs.heartbeats import say_alive

URL = "/studies/demo/model/"


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def page(console: Client, url: str = URL) -> str:
    answer = console.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_study_says_what_a_training_needs(console: Client, study: Study) -> None:
    text = page(console)
    assert "No model is in use yet" in text
    assert "Labelled images: 0 of the 20 that a training needs" in text
    assert "rain</button>" not in text
    assert "No model has set priorities yet" in text


def test_a_perspective_that_lacks_labels_is_named(console: Client, study: Study) -> None:
    for stimulus in make_stimuli(study, 20):
        publish(stimulus, "quality", 0.4)
    text = page(console)
    assert "needs 20 labelled images from each perspective" in text
    assert "Authenticity 0, Correspondence 0." in text
    assert "rain</button>" not in text
    assert "Authenticity 0, Correspondence 0." in page(console, f"{URL}summary/")


def test_retraining_starts_a_run_that_the_page_follows(
    console: Client, labelled: list[Stimulus], owner: User
) -> None:
    before = page(console)
    assert ">Train</button>" in before
    # Nothing speaks of a model that is not there.
    assert not re.findall(
        r"Retrain|last training|Where the model is least sure|side by side", before
    )
    images = page(console, "/studies/demo/images/")
    assert not re.findall(r"Predicted:|Model least sure", images)
    answer = console.post(f"{URL}retrain/", {"promote": "on"}, follow=True)
    run = TrainingRun.objects.get()
    assert (run.trigger, run.requested_by, run.promote_when_done) == ("console", owner, True)
    text = answer.content.decode()
    assert 'hx-trigger="every 2s"' in text
    assert "Waiting for a worker" in text
    assert "No worker is running" in text
    say_alive("celery@here", "worker", ["model"])
    assert "No worker" not in page(console, f"{URL}jobs/")
    TrainingRun.objects.update(
        state="running", stage="embedding", progress_done=3, progress_total=9
    )
    fragment = page(console, f"{URL}jobs/")
    assert "Looking at the images" in fragment
    assert "3 of 9" in fragment
    assert "<html" not in fragment


def test_the_page_reloads_when_the_jobs_are_over(console: Client, study: Study) -> None:
    assert console.get(f"{URL}jobs/").headers["HX-Refresh"] == "true"


def test_a_model_names_the_releases_that_its_labels_came_from(
    console: Client, labelled: list[Stimulus], train: Train
) -> None:
    publish(labelled[0], "quality", 0.4, source="a paper")
    version = train()
    release = version.snapshot.release
    assert release is not None
    own = f"release {release.number}: Mean opinion score (MOS), version 2"
    files = f"/studies/demo/export/?release={release.number}#files"
    line = (
        f'Labels from: <a href="{files}">{own}</a>; '
        '<a href="/studies/demo/export/#release-1">release 1: imported from a paper</a>'
    )
    text = page(console)
    assert line in text
    # Also of versions that are not in use any more.
    assert f'<a class="small" href="{files}">release {release.number}</a>' in text
    score_all(version)
    promotion.promote(version=version, actor=None)
    assert line in page(console)
    releases = page(console, "/studies/demo/export/")
    assert releases.count("version 1 learnt from it") == 2
    assert 'id="release-1"' in releases
    assert f"Forms marked “release {release.number}”" in page(console, files)


def test_a_failed_training_shows_its_fix(console: Client, study: Study) -> None:
    TrainingRun.objects.create(
        study=study,
        predictor=make_predictor(study),
        trigger="console",
        state="failed",
        error="No space left; free some.",
    )
    text = page(console)
    assert "The last training failed" in text
    assert "No space left; free some." in text


def test_a_candidate_can_be_promoted_from_the_page(console: Client, scored: ModelVersion) -> None:
    text = page(console)
    assert "Candidate: version 1" in text
    assert "SRCC" in text
    answer = console.post(f"{URL}versions/1/promote/", follow=True)
    text = answer.content.decode()
    assert "Version 1 is the model in use now" in text
    assert text.count('viewBox="-38 -8') == 3
    assert text.count('class="mark"') == 3 * 6  # six hold-out images, three perspectives
    images = set(re.findall(r'<a href="([^"]*)" tabindex="-1"><title>', text))
    held_out = Stimulus.objects.filter(split=Stimulus.Split.HOLDOUT)
    assert images == {f"/studies/demo/images/{image.pk}/" for image in held_out}
    assert console.get(min(images)).status_code == 200
    assert text.count('class="prompt"') == 12
    assert "/studies/demo/model/queue/" in text


def forms(text: str) -> set[str]:
    return set(re.findall(r'<form[^>]* action="/studies/demo/model/([^"]*)"', text))


def test_a_viewer_is_shown_no_form_that_they_may_not_send(
    console: Client, scored: ModelVersion, train: Train, study: Study
) -> None:
    """A version of each kind, a job, and a predictor that does not lead."""
    promotion.promote(version=scored, actor=None)
    second, third = train(), train()
    for version in (second, third):
        score_all(version)
    # The same labels train the same model: the gate cannot tell them apart.
    promotion.promote(version=second, actor=None, reason="a test")
    make_predictor(study, name="other", leading=False)
    owners = forms(page(console))
    run = TrainingRun.objects.create(
        study=study, predictor=scored.predictor, trigger="api", state="running"
    )
    owners |= forms(page(console)) | forms(page(console, f"{URL}jobs/"))
    assert owners == {
        "retrain/",
        "schedule/",
        "predictors/",
        "predictors/other/lead/",
        "versions/1/promote/",
        "versions/3/promote/",
        "versions/3/reject/",
        f"jobs/training/{run.pk}/cancel/",
    }
    viewer = make_user("viewer")
    make_member(study, viewer, MemberRole.VIEWER)
    console.force_login(viewer)
    Study.objects.update(pool_closed=True)
    for path in ("", "jobs/", "queue/", "versions/2/agreement/", "summary/"):
        assert not forms(page(console, URL + path)), path
    run.delete()
    text = page(console)
    assert not forms(text)
    assert "There are labels enough to train." in text
    assert "A training starts only when somebody asks for one." in text


def test_a_fine_tuning_is_drawn_by_epoch(
    console: Client, labelled: list[Stimulus], train: Train
) -> None:
    version = train(epochs=3, learning_rate=1e-3, validation_share=0.25)
    version.curve = {
        "losses": [0.5, 0.3, 0.2],
        "validation": [0.2, 0.1, 0.15],
        "best_epoch": 2,
    }
    version.save(update_fields=["curve"])
    score_all(version)
    for place in (URL, version.training_run.get_absolute_url()):
        text = page(console, place)
        for said in (
            "(epoch 2 of 3 is kept)",
            "Training loss: 0.3",
            "Validation error: 0.1",
            "absolute error on 0…1, summed over the perspectives",
        ):
            assert said in text
    promotion.promote(version=version, actor=None)
    text = page(console)
    assert text.count('id="plot-training-1"') == 1
    assert text.count('viewBox="-38 -8') == 3
    lines = file_of(console, text, "training-1.csv")
    assert lines == [
        "epoch,training_loss,validation_error,kept",
        "1,0.5,0.2,False",
        "2,0.3,0.1,True",
        "3,0.2,0.15,False",
    ]
    held_out = file_of(console, text, "holdout-1-quality.csv")
    assert held_out[0] == "image,predicted,sd,mos,mos_low,mos_high,address"
    assert len(held_out) == 7
    (drawn,) = file_of(console, text, "holdout-1-quality.svg")
    assert drawn.count("<a ") == 6
    for query in ("", "?version=x", "?version=9"):
        address = "/studies/demo/results/model/plots/training-1.csv"
        assert console.get(address + query).status_code == 404


def file_of(console: Client, text: str, name: str) -> list[str]:
    """The lines of a file that a page's text leads to."""
    (address,) = re.findall(rf'href="(/[^"]*/{name}[^"]*)"', text)
    return page(console, address).removeprefix("\ufeff").splitlines()


def test_a_candidate_is_compared_with_the_version_in_use(
    console: Client, scored: ModelVersion, train: Train
) -> None:
    promotion.promote(version=scored, actor=None)
    score_all(train())
    text = page(console)
    assert "Candidate: version 2" in text
    # The same labels train the same model: three perspectives and their mean.
    assert text.count("±0.000") == 4


def test_a_candidate_that_is_not_scored_cannot_be_promoted_yet(
    console: Client, labelled: list[Stimulus], train: Train
) -> None:
    train()
    text = page(console)
    assert "Not scored yet" in text
    assert "disabled" in text
    answer = console.post(f"{URL}versions/1/promote/", follow=True)
    assert "has not predicted all images yet" in answer.content.decode()


def test_a_scoring_that_failed_says_why_and_is_repeated_from_the_page(
    console: Client,
    labelled: list[Stimulus],
    train: Train,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = train()
    assert "Predict again" not in page(console)  # it is under way
    with monkeypatch.context() as patch:

        def full(*given: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(EmbeddingCache, "put_many", full)
        score_all(version)
    text = page(console)
    assert "Scoring failed" in text
    assert "The last scoring by version 1 failed" in text
    # In the notice and in the history.
    assert text.count("administrator of this site to free some space") == 2
    assert "disabled" in text
    assert "administrator of this site to free some space" in page(console, f"{URL}summary/")

    text = console.post(f"{URL}versions/1/predict/", follow=True).content.decode()
    assert "Version 1 is now predicting the images that it has not predicted yet" in text
    assert "Predict again</button>" not in text
    score_all(version)
    text = page(console)
    assert "failed" not in text
    assert "disabled" not in text
    assert "failed" not in page(console, f"{URL}summary/")


def test_a_failure_of_the_version_in_use_is_shown_with_it(
    console: Client, scored: ModelVersion, study: Study
) -> None:
    promotion.promote(version=scored, actor=None)
    make_stimuli(study, [800])
    scoring.start_scoring(version=scored)
    scored.scoring_runs.filter(state="running").update(state="failed", error="Free some space.")
    text = page(console)
    notice = text[text.index("The last scoring by version 1 failed") :]
    assert "Free some space." in notice[: notice.index("Predict again</button>")]
    assert "Free some space." in page(console, f"{URL}summary/")


def test_images_that_could_not_be_read_are_listed_with_the_fix(
    console: Client, labelled: list[Stimulus], train: Train
) -> None:
    """One of the labelled ones, and one that only the scoring has met."""
    rated, unrated = labelled[0], labelled[-1]
    contents = {Path(item.picture.path): Path(item.picture.path).read_bytes() for item in labelled}
    for stimulus in (rated, unrated):
        Path(stimulus.picture.path).unlink()
    version = train()
    text = page(console)
    assert "1 labelled image could not be read and was left out of the last training" in text
    assert text.count(f"{rated.filename}: the file is missing; restore it from a copy") == 1
    assert "Learnt from 23 images" in text

    score_all(version)
    text = page(console)
    assert "2 images could not be read and have no prediction" in text
    assert text.count(f"{rated.filename}: the file is missing; restore it from a copy") == 2
    assert f"{unrated.filename}: the file is missing" in text
    promotion.promote(version=version, actor=None)
    assert "<dt>Images learnt from</dt><dd>23</dd>" in page(console)

    for path, content in contents.items():
        path.write_bytes(content)
    console.post(f"{URL}versions/1/predict/")
    score_all(version)
    text = page(console)
    assert "have no prediction" not in text
    assert "Predict again" not in text


def test_a_lost_image_folder_does_not_flood_the_page(console: Client, study: Study) -> None:
    problems = [
        {"stimulus": number, "filename": f"{number}.png", "error": f"{number}.png: gone"}
        for number in range(1, 26)
    ]
    TrainingRun.objects.create(
        study=study,
        predictor=make_predictor(study),
        trigger="console",
        state="failed",
        problems=problems,
    )
    text = page(console)
    assert "25 labelled images could not be read" in text
    assert "The first 10 of 25 images." in text
    assert text.count(".png: gone") == 10


def test_a_rejected_candidate_leaves_the_page_and_stays_in_the_history(
    console: Client, scored: ModelVersion
) -> None:
    text = console.post(f"{URL}versions/1/reject/", follow=True).content.decode()
    assert "Version 1 is rejected" in text
    assert "Candidate: version 1" not in text
    assert "Rejected" in text


def test_the_page_carries_no_inline_script_or_style(console: Client, scored: ModelVersion) -> None:
    promotion.promote(version=scored, actor=None)
    text = page(console)
    assert " style=" not in text
    assert "<style" not in text
    assert "<script>" not in text


def test_the_overview_fragment_shows_the_state_of_the_model(
    console: Client, scored: ModelVersion
) -> None:
    assert "1 candidate waits for your decision" in page(console, f"{URL}summary/")
    promotion.promote(version=scored, actor=None)
    assert "Version 1 is in use, learnt from 24 images" in page(console, f"{URL}summary/")


def test_a_stimulus_shows_its_three_predictions_on_the_study_scale(
    console: Client, scored: ModelVersion, labelled: list[Stimulus]
) -> None:
    url = f"{URL}stimuli/{labelled[0].pk}/"
    assert "No model is in use yet" in page(console, url)
    promotion.promote(version=scored, actor=None)
    scored.predictions.filter(stimulus=labelled[0]).update(
        mean=0.315, posterior_sd=0.06, misfit_sd=0.08
    )
    text = page(console, url)  # ACR: 1…5
    assert ">2.26<" in text
    assert ">0.40<" in text


def test_an_expected_score_beyond_the_scale_is_shown_at_its_end(
    console: Client, scored: ModelVersion, labelled: list[Stimulus]
) -> None:
    promotion.promote(version=scored, actor=None)
    scored.predictions.filter(stimulus=labelled[0]).update(mean=-0.2)
    assert page(console, f"{URL}stimuli/{labelled[0].pk}/").count(">1.00<") == 3
