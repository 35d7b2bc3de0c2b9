"""A link between the scales of two sources: what a score of one would be on the other's.

Two databases that scored the same images rarely agree on what a number means: their raters saw
other images, and used the scale otherwise. An affine function fitted on the common images takes
care of offset and spread.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

Floats = NDArray[np.float64]
#: Common images below which two numbers are not told from chance.
FEWEST = 10


class LinkError(Problem):
    """Two scales that cannot be linked."""

    code = "link_refused"
    status = 409


@dataclass(frozen=True)
class Link:
    """`offset + slope · score`, from one scale to the other."""

    offset: float
    slope: float
    #: How many images it was fitted on, and the root mean square of what it leaves, on the other's
    #: scale, with two numbers fitted.
    images: int
    rmse: float

    def __call__(self, scores: Floats) -> Floats:
        """(n,) on the other scale; not cut off at its ends."""
        return self.offset + self.slope * scores

    def spread(self, sd: Floats) -> Floats:
        """(n,) standard deviations on the other scale."""
        return abs(self.slope) * sd


def fit_link(scores: Floats, others: Floats) -> Link:
    """scores, others: (n,), of the same images. By geometric mean regression, in which both are
    uncertain: it is the same link either way round, and keeps the spread, which least squares
    shrinks. The slope has the sign of their correlation. Raises LinkError if they do not tell."""
    n = len(scores)
    if n < FEWEST:
        raise LinkError(
            gettext_noop("the two sources have %(count)d images in common; a link needs %(least)d"),
            gettext_noop("score some images in both"),
            count=n,
            least=FEWEST,
        )
    x, y = scores - scores.mean(), others - others.mean()
    products = float(x @ y)
    if products == 0 or not np.isfinite(products):
        raise LinkError(
            gettext_noop("the scores of the %(count)d common images do not go together"),
            gettext_noop("check that both sources score the same images, and the same thing"),
            count=n,
        )
    slope = float(np.sign(products) * np.sqrt((y @ y) / (x @ x)))
    offset = float(others.mean() - slope * scores.mean())
    left = others - (offset + slope * scores)
    return Link(offset, slope, n, float(np.sqrt(left @ left / (n - 2))))
