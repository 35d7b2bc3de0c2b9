"""Several predictors of one study: one leads, all are trained, scored and compared."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from annotation.models import AuditEntry, Stimulus, Study
from modelops.errors import BackboneError, PredictorError
from modelops.models import AcquisitionRound, ModelVersion, Predictor
from modelops.predictors.backbones import offered_backbones
from modelops.predictors.mint_kinds import TINY
from modelops.registry import points
from modelops.registry.selectors import active_version, leading_predictor
from modelops.runs.predictors import add_predictor, ensure_predictor, lead
from modelops.runs.promotion import promote
from modelops.runs.scoring import start_scoring
from tests.factories import make_stimuli
from tests.modelops.conftest import Train, score_all
from tests.modelops.labelling import agreements_of, write_weights
from workbench.accounts.models import User
from workbench.core.registry import UnknownEntryError

API = "/api/v1/studies/demo"


@pytest.fixture
def api(owner: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture(scope="session")
def other_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second backbone of the same size, from another seed."""
    return write_weights(tmp_path_factory.mktemp("weights") / "other", seed=1)


@pytest.fixture
def two(
    study: Study,
    labelled: list[Stimulus],
    other_weights: Path,
    settings: Settings,
) -> tuple[Predictor, Predictor]:
    """The leading one, and one on the other backbone, of which people would rate random images."""
    settings.MODEL_BACKBONES = [*settings.MODEL_BACKBONES, f"other=tiny:{other_weights}"]
    first = ensure_predictor(study=study, actor=None)
    second = add_predictor(study=study, actor=None, backbone="other", strategy="random")
    return first, second


def trained(train: Train, predictor: Predictor) -> ModelVersion:
    version = train(predictor=predictor)
    score_all(version)
    promote(version=version, actor=None)
    return version


def page(console: Client) -> str:
    return console.get("/studies/demo/model/").content.decode()


def test_a_study_starts_with_the_site_s_first_backbone(
    study: Study, small_model_settings: None, owner: User
) -> None:
    predictor = ensure_predictor(study=study, actor=owner)
    assert (predictor.name, predictor.backbone, predictor.strategy) == ("tiny", "tiny", "reduction")
    assert predictor.leading
    assert ensure_predictor(study=study, actor=owner) == predictor
    assert AuditEntry.objects.get(action="predictor.added").actor == owner


def test_one_predictor_leads_at_any_time(two: tuple[Predictor, Predictor], study: Study) -> None:
    first, second = two
    assert (first.leading, second.leading) == (True, False)
    lead(predictor=second, actor=None)
    assert leading_predictor(study) == second
    assert study.predictors.filter(leading=True).count() == 1


def test_what_a_site_does_not_offer_is_named(
    two: tuple[Predictor, Predictor], study: Study
) -> None:
    with pytest.raises(BackboneError, match="no backbone huge, only tiny, other"):
        add_predictor(study=study, actor=None, backbone="huge")
    with pytest.raises(UnknownEntryError, match="no acquisition strategy 'best'"):
        add_predictor(study=study, actor=None, backbone="tiny", name="b", strategy="best")
    with pytest.raises(PredictorError, match="already has a predictor tiny"):
        add_predictor(study=study, actor=None, backbone="tiny")
    with pytest.raises(PredictorError, match="1 to 40 letters"):
        add_predictor(study=study, actor=None, backbone="tiny", name="a/b")


@pytest.mark.parametrize(
    ("named", "names"),
    [
        ([], ["tiny"]),
        (["vit-g"], ["vit-g", "tiny"]),
        (["mine=tiny:/weights", "tiny"], ["mine", "tiny"]),
        (["tiny:/weights"], ["tiny"]),
    ],
)
def test_backbones_are_offered_in_the_site_s_order_and_the_bundled_one_always(
    settings: Settings, named: list[str], names: list[str]
) -> None:
    settings.MODEL_BACKBONES = named
    assert list(offered_backbones()) == names


@pytest.mark.parametrize("entry", ["huge", "a=huge", "=tiny", "a/b=tiny", ""])
def test_an_entry_that_names_no_backbone_is_refused(settings: Settings, entry: str) -> None:
    settings.MODEL_BACKBONES = [entry]
    with pytest.raises(BackboneError, match=r"MODEL_BACKBONES: .*among tiny, vit-g"):
        offered_backbones()


def test_each_predictor_has_a_version_in_use_and_the_leading_one_sets_priorities(
    two: tuple[Predictor, Predictor], study: Study, train: Train
) -> None:
    first, second = (trained(train, predictor) for predictor in two)
    assert {v.state for v in study.model_versions.all()} == {"active"}
    assert first.backbone_sha256 != second.backbone_sha256
    assert active_version(study) == first
    (only,) = AcquisitionRound.objects.all()
    assert (only.model_version, only.strategy) == (first, "reduction")
    before = dict(study.stimuli.values_list("pk", "priority"))

    lead(predictor=two[1], actor=None)
    latest = AcquisitionRound.objects.first()
    assert latest is not None
    assert (latest.model_version, latest.strategy) == (second, "random")
    assert latest.strategy_version == "1"
    assert active_version(study) == second
    assert dict(study.stimuli.values_list("pk", "priority")) != before


def test_both_train_at_once_and_each_only_once(
    two: tuple[Predictor, Predictor], api: APIClient
) -> None:
    url = f"{API}/training-runs/"
    assert api.post(url, {}, format="json").json()["predictor"] == "tiny"
    answer = api.post(url, {"predictor": "other"}, format="json")
    assert (answer.status_code, answer.json()["predictor"]) == (201, "other")
    assert api.post(url, {"predictor": "other"}, format="json").json()["code"] == "run_active"
    assert api.post(url, {"predictor": "third"}, format="json").status_code == 404


def test_the_page_compares_both_on_the_same_hold_out(
    two: tuple[Predictor, Predictor], study: Study, train: Train, console: Client
) -> None:
    assert "On the same hold-out images" not in page(console)
    first, second = (trained(train, predictor) for predictor in two)
    text = page(console)
    table = text[text.index("On the same hold-out images") :]
    table = table[: table.index("</table>")]
    for version in (first, second):
        name = version.predictor.name
        assert table.count(f'<td>{name} <span class="muted small">v{version.number}</span>') == 4
        for agreement in agreements_of(version).values():
            for value in (agreement.srcc, agreement.plcc, agreement.krcc):
                assert f">{value:.3f}</td>" in table
            assert agreement.rmse is not None
            # The error is in levels: the scale has five, four apart.
            assert f">{4 * agreement.rmse:.2f} <span" in table
    assert table.count('<td class="number">6</td>') == 6  # hold-out images, by perspective

    # An image that only one of them has predicted counts for neither.
    held_out = Stimulus.objects.filter(split="holdout").earliest("pk")
    second.predictions.filter(stimulus=held_out).delete()
    points._points.cache_clear()  # as if they had been scored so
    text = page(console)
    table = text[text.index("On the same hold-out images") :]
    assert table[: table.index("</table>")].count('<td class="number">5</td>') == 6


def test_a_version_in_use_is_compared_while_it_scores_new_images(
    two: tuple[Predictor, Predictor], study: Study, train: Train, console: Client
) -> None:
    first, second = (trained(train, predictor) for predictor in two)
    make_stimuli(study, [900])
    run = start_scoring(version=second)
    candidate = train(predictor=two[1])  # it is not scored yet, so it does not stand in
    assert (run.state, candidate.state) == ("running", "candidate")
    text = page(console)
    table = text[text.index("On the same hold-out images") :]
    table = table[: table.index("</table>")]
    for version in (first, second):
        assert f'<span class="muted small">v{version.number}</span>' in table


def test_the_page_shows_each_candidate_of_each_predictor(
    two: tuple[Predictor, Predictor], train: Train, console: Client
) -> None:
    score_all(train(predictor=two[0]))
    score_all(train(predictor=two[1]))
    text = page(console)
    assert "Candidate: version 1" in text
    assert "Candidate: version 2" in text
    assert "Against the version in use" not in text  # no predictor has one


def test_predictors_are_added_and_led_from_the_page(
    two: tuple[Predictor, Predictor], console: Client, study: Study
) -> None:
    form = {"backbone": "other", "name": "third one", "strategy": "epistemic"}
    text = console.post("/studies/demo/model/predictors/", form, follow=True).content.decode()
    assert "Predictor third-one has been added." in text
    third = study.predictors.get(name="third-one")
    assert (third.backbone, third.strategy, third.leading) == ("other", "epistemic", False)
    address = "/studies/demo/model/predictors/third-one/lead/"
    assert "Predictor third-one now leads" in console.post(address, follow=True).content.decode()
    assert leading_predictor(study) == third
    gone = console.post("/studies/demo/model/predictors/fourth/lead/", follow=True)
    assert "no predictor fourth" in gone.content.decode()


def test_predictors_are_added_and_led_by_api(
    two: tuple[Predictor, Predictor], api: APIClient
) -> None:
    body = {"backbone": "other", "name": "third", "strategy": "epistemic"}
    answer = api.post(f"{API}/predictors/", body, format="json")
    assert answer.status_code == 201
    assert answer.json() | {"created_at": "", "recipe": {}} == {
        "name": "third",
        "backbone": "other",
        "strategy": "epistemic",
        "recipe": {},
        "recipe_name": "default",
        "leading": False,
        "active": None,
        "created_at": "",
    }
    assert answer.json()["recipe"] == TINY.recipe().to_json()
    assert api.post(f"{API}/predictors/third/lead/").json()["leading"] is True
    names = [item["name"] for item in api.get(f"{API}/predictors/").json()["results"]]
    assert names == ["third", "tiny", "other"]
    again = api.post(f"{API}/predictors/", body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "predictor")
    huge = api.post(f"{API}/predictors/", {"backbone": "huge"}, format="json")
    assert (huge.status_code, huge.json()["code"]) == (400, "backbone")


def test_predictions_are_asked_for_by_predictor(
    two: tuple[Predictor, Predictor], train: Train, api: APIClient
) -> None:
    first, second = (trained(train, predictor) for predictor in two)
    listed = {
        item["number"]: item["predictor"] for item in api.get(f"{API}/models/").json()["results"]
    }
    assert listed == {1: "tiny", 2: "other"}
    leading = api.get(f"{API}/predictions/").json()["results"][0]
    assert leading == api.get(f"{API}/predictions/?predictor=tiny").json()["results"][0]
    other = api.get(f"{API}/predictions/?predictor=other").json()["results"][0]
    assert other == api.get(f"{API}/predictions/?model=2").json()["results"][0]
    assert other["scores"] != leading["scores"]
    assert (first.number, second.number) == (1, 2)
