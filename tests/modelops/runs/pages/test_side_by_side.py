"""Two versions side by side: page and plots say what the predictions say."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Study
from modelops.models import ModelVersion
from modelops.registry.comparing import disagreements, paired_predictions
from tests.modelops.conftest import Train, score_all
from workbench.accounts.models import User

URL = "/studies/demo/model/compare/"


@pytest.fixture
def pair(scored: ModelVersion, train: Train) -> tuple[ModelVersion, ModelVersion]:
    """The second expects more of one image, and less of another, than the first."""
    second = train()
    score_all(second)
    first, last = (
        second.predictions.filter(perspective__key="quality").order_by(by).first()
        for by in ("stimulus", "-stimulus")
    )
    for found, mean in ((first, 4.0), (last, -6.0)):
        assert found is not None
        found.mean = mean
        found.save(update_fields=["mean"])
    return scored, second


def test_two_versions_side_by_side(
    client: Client, owner: User, study: Study, pair: tuple[ModelVersion, ModelVersion]
) -> None:
    client.force_login(owner)
    first, second = pair
    stimuli = list(study.stimuli.order_by("pk"))
    found = disagreements(paired_predictions(second, first), 2)
    assert {it.stimulus: it.first for it in found} == {stimuli[-1]: 0.0, stimuli[0]: 1.0}
    assert {it.perspective for it in found} == {"quality"}
    # The newest against the one before it, if none is in use.
    text = client.get(URL).content.decode()
    assert '<option value="2" selected>' in text
    assert f'<a href="{reverse("study-stimulus", args=["demo", stimuli[-1].pk])}">' in text
    # Beyond the scale of 1…5 they are shown at its end.
    assert "Quality: 1.00" in text
    assert text.count('class="plot-drawn"') == 3
    points = set(re.findall(r'<a xlink:href="([^"]*)"', text))
    images = {reverse("study-stimulus", args=["demo", it.pk]) for it in stimuli}
    assert points == images
    file = reverse("study-plot", args=["demo", "model-compare", "against-quality", "csv"])
    lines = client.get(f"{file}?first=2&second=1").content.decode().splitlines()
    assert len(lines) == 41
    assert lines[0].endswith("image,first,second,address")
    assert client.get(f"{URL}?first=7").status_code == 404
    assert client.get(f"{URL}?first=x").status_code == 404


def test_one_version_has_nothing_to_be_compared_with(
    client: Client, owner: User, scored: ModelVersion
) -> None:
    client.force_login(owner)
    assert "A comparison takes two trained versions." in client.get(URL).content.decode()
