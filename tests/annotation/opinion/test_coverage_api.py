"""Coverage by API: counted by hand."""

import pytest
from django.test import Client

from annotation.models import Study
from tests.annotation.opinion.export.rated import rate
from tests.factories import make_rater, make_stimuli
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


def test_images_are_counted_by_their_ratings(client: Client, study: Study, owner: User) -> None:
    first, second, _third = make_stimuli(study, 3)
    for stimulus, times in ((first, 2), (second, 1)):
        stimulus.wanted_ratings = 2
        stimulus.save(update_fields=["wanted_ratings"])
        for _number in range(times):
            rate(make_rater(study), stimulus, {"quality": 3})
    client.force_login(owner)
    (pool,) = client.get("/api/v1/studies/demo/coverage/").json()
    assert (pool["split"], pool["images"][:3]) == ("pool", [1, 1, 1])
    assert (pool["complete"], pool["ratings"], pool["useful"]) == (1, 3, 3)
