"""The 95 % interval of an opinion score: one way for all methods.

**Scatter of a vote.** The variance of single votes on a stimulus of score μ, on a scale from a to
b, is taken as v(μ) = c + s·(μ − a)(b − μ): a constant, and the SOS relation (Hoßfeld, Schatz and
Egger 2011, “SOS: The MOS is not enough!”), by which votes near an end scatter less. c, s ≥ 0 are
fitted to the variances of all stimuli with two votes or more. Before any evidence votes scatter as
if evenly over the scale: c = 0, s = 1/3.

**A stimulus's own factor.** f = (ν + Σ(x − m)²/v(m)) / (ν + n − 1): the mean of what the pool
expects, worth ν votes (`PRIOR_VOTES`), and of what its own n votes show: the centre of the
posterior of a variance under a scaled inverse chi-squared prior. Three equal votes are thereby no
proof that people agree.

**The interval** holds every μ of the scale with (m − μ)² ≤ q²·(f·v(μ)/k + p), with the variance at
μ, not at m, as in Wilson's interval of a share: it has a width even where all votes are equal and
stays on the scale. k is the effective number of raters (Kish's, if votes weigh; one whose votes
scatter less counts for more, if the method knows): a rater's further votes on the same stimulus
bring in nobody new. p is the variance of a panel's mean bias, for
methods that remove biases (in a plain mean the scatter of votes contains it). q is 1.96, and from
`STUDENT_FROM` votes Student's t with ν + n − 1 degrees.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from .base import Floats, Integers
from .means import Means

#: How many votes the pool's scatter is worth against a stimulus's own.
PRIOR_VOTES = 20.0
#: Student's t from this number of votes.
STUDENT_FROM = 15
_NORMAL_975 = float(stats.norm.ppf(0.975))

#: Without evidence votes scatter as if evenly over the scale: range²/12 in its middle.
FLAT_SOS = 1 / 3
#: How many degrees of freedom that is worth.
_FLAT_WORTH = 2.0

#: Where biases cost nearly all degrees of freedom, the votes do not tell how much they scatter.
_LEAST_LEFT = 1 / 4

Limits = tuple[float, float]


@dataclass(frozen=True)
class Scatter:
    """The variance of a vote on a stimulus of score μ: constant + sos·(μ − low)(high − μ)."""

    constant: float
    sos: float
    limits: Limits

    def at(self, score: Floats) -> Floats:
        """The shape of `score`; scores outside the scale count as at its end."""
        return self.constant + self.sos * _room(score, self.limits)


def _room(score: Floats, limits: Limits) -> Floats:
    inside = np.clip(score, *limits)
    room: Floats = (inside - limits[0]) * (limits[1] - inside)
    return room


def scatter_of(found: Means, limits: Limits, spent: float = 0.0) -> Scatter:
    """The scatter of the votes behind these means.

    spent: how many degrees of freedom the biases that were taken from the votes have cost. The
    votes then scatter less than they would around the true biases, and each bias is itself off.
    """
    fitted = fit_scatter(found.mean, found.sd**2, found.degrees, limits)
    degrees, votes = float(found.degrees.sum()), int(found.n.sum())
    if not degrees:
        return fitted
    left = max(degrees - spent, degrees * _LEAST_LEFT)
    more = degrees / left * (1 + spent / votes)
    return Scatter(fitted.constant * more, fitted.sos * more, limits)


def fit_scatter(mean: Floats, variance: Floats, degrees: Floats, limits: Limits) -> Scatter:
    """From the stimuli's means, unbiased variances and degrees of freedom, each (S,); only those
    with degrees above 0 are looked at. Least squares weighted by the degrees, neither part below 0.
    """
    known = degrees > 0
    own = degrees[known]
    # The room at a mean of n votes is on average short of that at the score by variance / n.
    room = _room(mean[known], limits) + variance[known] / (own + 1)
    widest = (limits[1] - limits[0]) ** 2 / 4
    rooms = np.append(room, [widest, widest / 2])
    variances = np.append(variance[known], FLAT_SOS * rooms[-2:])
    weights = np.append(own, [_FLAT_WORTH / 2] * 2)
    constant, sos = _line(rooms / widest, variances, weights)
    return Scatter(constant, sos / widest, limits)


def _line(x: Floats, y: Floats, weight: Floats) -> tuple[float, float]:
    """The line of weighted least squares through x, y ≥ 0 with neither part below 0."""
    total = weight.sum()
    # Sums, not BLAS: its threads take longer to start than these products.
    at, height = (weight * x).sum() / total, (weight * y).sum() / total
    apart = weight * (x - at)
    slope = float((apart * (y - height)).sum() / (apart * (x - at)).sum())
    constant = float(height - slope * at)
    if slope < 0:
        return float(height), 0.0
    if constant < 0:
        return 0.0, float((weight * x * y).sum() / (weight * x * x).sum())
    return constant, slope


def own_factor(scatter: Scatter, mean: Floats, variance: Floats, degrees: Floats) -> Floats:
    """How much more than the pool's each stimulus's votes scatter: the factor f, (S,).

    mean, variance, degrees: (S,); the variance is not looked at without degrees of freedom.
    """
    low, high = scatter.limits
    # A vote in the middle is added: at the very end v may be 0, which no finite panel shows.
    near = ((degrees + 1) * np.clip(mean, low, high) + (low + high) / 2) / (degrees + 2)
    shown = np.where(degrees > 0, degrees * variance / scatter.at(near), 0.0)
    factor: Floats = (PRIOR_VOTES + shown) / (PRIOR_VOTES + degrees)
    return factor


def quantile_975(n: Integers) -> Floats:
    """Of the normal distribution, and from `STUDENT_FROM` votes of Student's t; (S,) for n (S,)."""
    # Few different numbers, however many images: a quantile costs a microsecond.
    different, places = np.unique(n, return_inverse=True)
    student = stats.t.ppf(0.975, np.maximum(PRIOR_VOTES + different - 1, 1))
    quantiles = np.where(different < STUDENT_FROM, _NORMAL_975, student)
    found: Floats = quantiles[places]
    return found


def bounded_interval(
    value: Floats, constant: Floats, sos: Floats, limits: Limits
) -> tuple[Floats, Floats]:
    """Low and high ends, (S,): all μ with (value − μ)² ≤ constant + sos·(μ − low)(high − μ).

    Inside the limits. It holds the value, unless that is outside them: then it is that of the end.
    constant, sos: (S,), at least 0, with q² in them; one of them above 0 gives a width above 0.
    """
    middle, half = (limits[0] + limits[1]) / 2, (limits[1] - limits[0]) / 2
    at = np.clip(value, *limits) - middle
    root = np.sqrt(constant * (1 + sos) + sos * (half - at) * (half + at) + (sos * half) ** 2)
    low = np.minimum((at - root) / (1 + sos), at) + middle
    high = np.maximum((at + root) / (1 + sos), at) + middle
    return np.maximum(low, limits[0]), np.minimum(high, limits[1])


def mean_interval(
    value: Floats, found: Means, raters: Floats, scatter: Scatter, panel: float
) -> tuple[Floats, Floats]:
    """Low and high ends, (S,), of `value`, a mean of votes; NaN without a vote.

    found: of these votes. raters: (S,), the effective number k. panel: the variance p.
    """
    factor = own_factor(scatter, found.mean, found.sd**2, found.degrees)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(found.n > 0, quantile_975(found.n) ** 2 * factor / raters, np.nan)
        extra = quantile_975(found.n) ** 2 * panel
    constant = share * scatter.constant + extra
    return bounded_interval(value, constant, share * scatter.sos, scatter.limits)


def pooled_error(found: Means, scatter: Scatter) -> Floats:
    """The standard error of a mean by the pool's scatter at that mean, (S,); NaN without a vote."""
    factor = own_factor(scatter, found.mean, found.sd**2, found.degrees)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = (found.mean * found.effective + sum(scatter.limits) / 2) / (found.effective + 1)
        return np.sqrt(factor * scatter.at(near) / found.effective)


def panel_variance(bias: Floats, inconsistency: Floats, n: Integers) -> float:
    """The variance p of the mean of the biases of subjects, each (U,), with n votes each.

    The variance between subjects, less what their own scatter brings in, by their number. 0 with a
    single subject, of whom nothing can be told.
    """
    there = n > 0
    if there.sum() < 2:
        return 0.0
    noise = np.nan_to_num(inconsistency[there]) ** 2 / n[there]
    between = float(np.var(bias[there], ddof=1) - noise.mean())
    return max(between, 0.0) / int(there.sum())
