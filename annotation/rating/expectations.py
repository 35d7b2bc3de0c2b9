"""What is known of an image that trains raters, or checks them."""

from django.db.models import Avg

from ..models import PublishedScore
from ..protocol.practice import Expectation, expectation
from ..raters.access import Access


def expectations_of(access: Access, trial_id: int) -> list[Expectation]:
    """Per perspective with a published score, in the study's order, on its scales.

    An image with several publications is expected at their mean.
    """
    known = dict(
        PublishedScore.objects.filter(stimulus__trials=trial_id)
        .values_list("perspective")
        .annotate(mos=Avg("mos"))
    )
    return [
        expectation(item.key, item.scale, known[item.key])
        for item in access.protocol.perspectives
        if item.key in known
    ]
