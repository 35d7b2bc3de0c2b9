"""A study with MINT-IQA and a CLIP model beside it: added on the page, trained, compared."""

import io
import re
import shutil
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from annotation.models import Stimulus, Study
from modelops.errors import ArtifactError, PortableError
from modelops.explaining import assessing
from modelops.models import Assessment, ModelVersion, Predictor
from modelops.predictors.store import release_models, version_model
from modelops.registry.cards import model_card
from modelops.registry.verdicts import judged
from modelops.runs.portable import export_version, import_version
from modelops.runs.predictors import ensure_predictor
from modelops.runs.promotion import promote
from tests.factories import make_prompt, make_stimulus, png
from tests.modelops.conftest import Train, score_all
from tests.modelops.predictors.image_text.models import write_clip
from workbench.accounts.models import User

COMMIT = "c" * 40
SOURCE = f"someone/clip@{COMMIT}"


@pytest.fixture(scope="module")
def hub_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the hub's client has fetched: one commit of one model."""
    cache = tmp_path_factory.mktemp("hub")
    write_clip(cache / "models--someone--clip" / "snapshots" / COMMIT)
    return cache


@pytest.fixture
def both(
    study: Study,
    labelled: list[Stimulus],
    hub_cache: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    client: Client,
    owner: User,
) -> tuple[Predictor, Predictor]:
    """The leading one, and one that the owner adds on the page."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(hub_cache))
    settings.MODEL_BACKBONES = [*settings.MODEL_BACKBONES, f"clip=image-text:{SOURCE}"]
    first = ensure_predictor(study=study, actor=None)
    client.force_login(owner)
    form = {"backbone": "clip", "name": "", "strategy": "lcmd"}
    answer = client.post(reverse("study-model-add", args=["demo"]), form, follow=True)
    assert "Predictor clip has been added." in answer.content.decode()
    return first, study.predictors.get(name="clip")


def trained(train: Train, predictor: Predictor) -> ModelVersion:
    version = train(predictor=predictor)
    score_all(version)
    return version


def test_both_are_trained_compared_and_judged(
    both: tuple[Predictor, Predictor], study: Study, train: Train, client: Client, owner: User
) -> None:
    mint, clip = (trained(train, predictor) for predictor in both)
    for version in (mint, clip):
        promote(version=version, actor=None)
    assert (mint.kind, clip.kind) == ("tiny", "image-text")
    assert (mint.backbone_source, clip.backbone_source) == ("", SOURCE)
    assert f"- Weights of the backbone: `{SOURCE}` on the model hub" in model_card(clip)
    assert clip.predictions.count() == 40 * 3

    text = client.get("/studies/demo/model/").content.decode()
    table = text[text.index("On the same hold-out images") :]
    table = table[: table.index("</table>")]
    assert table.count('<td>clip <span class="muted small">v2</span>') == 4
    beside = client.get("/studies/demo/model/compare/?first=1&second=2").content.decode()
    assert beside.count('class="plot-drawn"') == 3

    again = trained(train, both[1])
    verdict = judged(again)
    assert verdict is not None
    # The same backbone and labels: no difference at all, on too few images to promote by itself.
    assert verdict.verdict.change is None or verdict.verdict.change.value == pytest.approx(0)
    api = APIClient()
    api.force_authenticate(owner)
    listed = api.get("/api/v1/studies/demo/models/").json()["results"]
    assert {item["number"]: item["backbone_source"] for item in listed} == {
        1: "", 2: SOURCE, 3: SOURCE,
    }  # fmt: skip


def test_its_owner_is_told_what_it_does_not_read(
    both: tuple[Predictor, Predictor],
    study: Study,
    train: Train,
    client: Client,
    owner: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = "a red circle on grass " * 3
    make_stimulus(study, 900, prompt=make_prompt(study, long))
    version = trained(train, both[1])
    promote(version=version, actor=None)
    page = client.get("/studies/demo/model/").content.decode()
    assert re.search(
        r"Long prompts: clip reads the first 12 word pieces of a prompt; 1 of 4\d prompts", page
    )

    client.post(reverse("study-model-lead", args=["demo", "clip"]))

    def work(assessment: Assessment, seconds: float) -> None:
        assessing.assess(assessment_id=assessment.pk)
        assessment.refresh_from_db()

    monkeypatch.setattr(assessing, "wait_for", work)
    api = APIClient()
    api.force_authenticate(owner)
    file = io.BytesIO(png(7))
    file.name = "a.png"
    answer = api.post("/api/v1/studies/demo/assessments/", {"image": file, "prompt": long.strip()})
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert found["reading"]["read"] == "a red circle on grass a red circle on grass"
    assert found["problems"] == [
        "The model reads the first 12 of the prompt's 17 word pieces. Not read: “a red circle on "
        "grass”"
    ]
    assert set(found["scores"]) == {"quality", "authenticity", "correspondence"}


def test_another_commit_is_not_taken_for_the_one_it_was_trained_on(
    both: tuple[Predictor, Predictor],
    train: Train,
    hub_cache: Path,
    settings: Settings,
    tmp_path: Path,
) -> None:
    version = trained(train, both[1])
    # Its last layer leaves, and enters where the backbone is the same.
    folder = tmp_path / "out"
    export_version(version=version, folder=folder)
    assert {path.name for path in folder.iterdir()} == {
        "README.md", "last_layer.safetensors", "manifest.json", "version.json",
    }  # fmt: skip
    entered = import_version(predictor=both[1], folder=folder, actor=None)
    score_all(entered)
    rows = ("stimulus", "perspective", "mean", "posterior_sd")
    first, second = (
        list(it.predictions.order_by("stimulus", "perspective").values_list(*rows))
        for it in (version, entered)
    )
    assert second == first

    other = "d" * 40
    snapshots = hub_cache / "models--someone--clip" / "snapshots"
    if not (snapshots / other).exists():
        write_clip(snapshots / other, seed=1)
    settings.MODEL_BACKBONES = [f"clip=image-text:someone/clip@{other}"]
    release_models()
    with pytest.raises(ArtifactError, match="clip"):
        version_model(version).backbone  # noqa: B018  # loads it
    with pytest.raises(PortableError) as refused:
        import_version(predictor=both[1], folder=folder, actor=None)
    assert refused.value.message.startswith(
        f"The version needs the weights {SOURCE} (sha256 {version.backbone_sha256[:12]}…), which "
        f"did not leave with it; backbone clip of this site has someone/clip@{other} (sha256 "
    )
    assert version.study.model_versions.count() == 2
    shutil.rmtree(snapshots / other)
