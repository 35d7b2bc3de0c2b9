"""The known scores of an image that raters practise on, or are checked by."""

from ..opinion.imported import imported_scores, known_units
from ..protocol.practice import Expectation, expectation
from ..raters.access import Access


def expectations_of(access: Access, trial_id: int) -> list[Expectation]:
    """Per perspective with a published score, in the study's order, on its scales.

    An image with several publications is expected at their mean.
    """
    scores = imported_scores(access.study.id).filter(stimulus__trials=trial_id)
    known = {key: unit for (_stimulus, key), unit in known_units(scores).items()}
    return [
        expectation(item.key, item.scale, known[item.key])
        for item in access.protocol.perspectives
        if item.key in known
    ]
