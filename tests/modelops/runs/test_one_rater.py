"""One person who rated everything: a model learns, and nothing claims to know what others think."""

import pytest
from django.core.cache import cache
from django.test import Client

from annotation.models import Study
from modelops.models import Prediction
from modelops.registry.ceiling import noise_ceilings
from modelops.registry.verdicts import judged
from modelops.runs.promotion import promote
from modelops.runs.verdict_words import verdict_lines
from tests.factories import make_rater
from tests.modelops.conftest import Train, score_all
from tests.modelops.labelling import label_pool, rate
from workbench.accounts.models import User


@pytest.mark.usefixtures("small_model_settings")
def test_one_rater_teaches_a_model_that_says_what_it_cannot_tell(
    study: Study, train: Train, client: Client, owner: User
) -> None:
    cache.clear()
    stimuli = label_pool(study, rated=24, holdout=6, unrated=2, raters=1)
    first, second = train(), train()
    for version in (first, second):
        score_all(version)
    promote(version=first, actor=owner)
    # Of a rater's spread there is only what studies usually have.
    spread = Prediction.objects.filter(model_version=second).values_list("rater_sd", flat=True)
    assert len(spread) == 32 * 3
    assert 0 < min(spread) <= max(spread) < 0.5

    assert set(noise_ceilings(study).values()) == {None}
    client.force_login(owner)
    text = client.get("/studies/demo/model/").content.decode()
    assert "<dt>Noise ceiling of the SRCC</dt><dd>–</dd>" in text
    assert "It is not known before three hold-out images have ratings of two people." in text

    found = judged(second)
    assert found is not None
    assert found.verdict.outcome == "ask"
    alone = "All ratings of hold-out images are by one person"
    assert verdict_lines(second, found)[-1].startswith(alone)
    assert text.count(alone) == 1
    page = client.get("/studies/demo/model/versions/2/agreement/").content.decode()
    assert page.count("It takes 3 raters who each scored 30 hold-out images") == 3

    held_out = next(it for it in stimuli if it.split == "holdout")
    rate(held_out, make_rater(study), (3, 3, 3))
    assert not any(line.startswith(alone) for line in verdict_lines(second, found))
