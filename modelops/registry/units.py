"""What a model says, on the scales of its study: it reckons on 0…1, people read no other scale than
the one that they were asked on."""

from dataclasses import dataclass, replace

from annotation.protocol.scales import Scale

from ..learning.evaluation import Agreement
from ..learning.uncertainty import Expectation


@dataclass(frozen=True)
class ScaledExpectation:
    """`Expectation` on a scale of `minimum` to `maximum`."""

    mean: float
    posterior_sd: float
    misfit_sd: float
    epistemic_sd: float
    rater_sd: float
    #: None without a rating.
    label_sd: float | None
    minimum: float
    maximum: float


def expectation_on(scale: Scale, expected: Expectation, ratings: int = 0) -> ScaledExpectation:
    """ratings: how many scores of the image count."""
    return ScaledExpectation(
        mean=scale.from_unit(expected.mean),
        posterior_sd=scale.width * expected.posterior_sd,
        misfit_sd=scale.width * expected.misfit_sd,
        epistemic_sd=scale.width * expected.epistemic_sd,
        rater_sd=scale.width * expected.rater_sd,
        label_sd=scale.width * expected.label_sd(ratings) if ratings else None,
        minimum=scale.minimum,
        maximum=scale.maximum,
    )


def agreement_on(scale: Scale, found: Agreement) -> Agreement:
    """The error alone has a scale; correlations have none."""
    return found if found.rmse is None else replace(found, rmse=scale.width * found.rmse)
