"""The means of generators, plain or prediction-powered, and by how much each rating moves them."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..correlation import Floats, Integers, sums
from ..methods.base import ScaleLimits, Votes
from .crossed import Influences
from .errors import ComparisonError, finite, places

Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Images:
    """What is known of the S images of a study, (S,) each."""

    #: Numbers from 0.
    prompt: Integers
    generator: Integers
    #: A model's predictions of all, on the scale of the votes.
    predicted: Floats | None
    #: How probable it was that the image is rated at all, above 0 up to 1.
    inclusion: Floats | None
    prompts: int
    generators: int

    @classmethod
    def of(
        cls,
        prompt: ArrayLike,
        generator: ArrayLike,
        *,
        predicted: ArrayLike | None = None,
        inclusion: ArrayLike | None = None,
    ) -> Self:
        """Raises ComparisonError naming what cannot be."""
        size = np.asarray(generator).size
        if not size:
            raise ComparisonError("there are no images to compare generators by")
        of_prompt = places(prompt, "prompt", size)
        of_generator = places(generator, "generator", size)
        chance = None if inclusion is None else finite(inclusion, "inclusion probability", size)
        if chance is not None and not ((chance > 0) & (chance <= 1)).all():
            raise ComparisonError("an inclusion probability lies outside 0…1, or is 0")
        return cls(
            of_prompt,
            of_generator,
            None if predicted is None else finite(predicted, "prediction", size),
            chance,
            int(of_prompt.max()) + 1,
            int(of_generator.max()) + 1,
        )


def counted(votes: Votes, images: Images, sample: ArrayLike) -> Booleans:
    """Which votes count, (R,)."""
    if votes.stimuli != images.generator.size:
        raise ComparisonError(
            f"votes on {votes.stimuli} images, but {images.generator.size} images are described"
        )
    drawn = np.asarray(sample, dtype=np.bool_).reshape(-1)
    if drawn.size != votes.score.size:
        raise ComparisonError(f"{votes.score.size} votes, but sample has {drawn.size} values")
    used = drawn if images.inclusion is None else np.ones_like(drawn)
    if not used.any():
        raise ComparisonError(
            "no rating comes from a hold-out or audit draw; acquired images are not a sample, "
            "unless each one's inclusion probability is given"
        )
    for name, cluster in (("prompt", images.prompt[votes.stimulus]), ("rater", votes.subject)):
        if np.ptp(cluster[used]) == 0:
            raise ComparisonError(
                f"all ratings that count are of one {name}; nothing is known of how much another "
                f"{name} would differ"
            )
    return used


@dataclass(frozen=True)
class GeneratorMeans:
    """The G means, and what they are made of; (R',) of the votes that count."""

    images: Images
    #: Of the votes.
    scale: ScaleLimits
    #: (R,), of all votes.
    used: Booleans
    stimulus: Integers
    rater: Integers
    raters: int
    #: Its share of its image's mean, over the image's inclusion probability.
    weight: Floats
    #: The score less λ times the prediction.
    rest: Floats
    slope: float | None
    #: (S,): each image's mean score, NaN without a vote that counts.
    scores: Floats
    #: (S,): λ times each image's prediction; 0 without predictions.
    relied: Floats
    #: (G,): of `rest`, of `relied` over all images, and the sum of both.
    rest_mean: Floats
    predicted_mean: Floats
    value: Floats

    @classmethod
    def of(cls, votes: Votes, images: Images, used: Booleans) -> Self:
        stimulus, size = votes.stimulus[used], images.generators
        own, chance = votes.weight[used], images.inclusion
        weight = own / sums(own, stimulus, votes.stimuli)[stimulus]
        scores = _divided(
            sums(weight * votes.score[used], stimulus, votes.stimuli),
            sums(weight, stimulus, votes.stimuli),
        )
        if chance is not None:
            weight = weight / chance[stimulus]
        slope, relied = _relied(images, scores)
        rest, generator = votes.score[used] - relied[stimulus], images.generator[stimulus]
        rest_mean = _divided(sums(weight * rest, generator, size), sums(weight, generator, size))
        predicted_mean = _divided(sums(relied, images.generator, size), _images_each(images))
        return cls(
            images,
            votes.scale,
            used,
            stimulus,
            votes.subject[used],
            votes.subjects,
            weight,
            rest,
            slope,
            scores,
            relied,
            rest_mean,
            predicted_mean,
            rest_mean + predicted_mean,
        )

    def generator(self) -> Integers:
        """(R',): of each vote that counts."""
        of_vote: Integers = self.images.generator[self.stimulus]
        return of_vote

    def influences(self) -> Influences:
        images, generator = self.images, self.generator()
        total = sums(self.weight, generator, images.generators)
        return Influences(
            self.weight * (self.rest - self.rest_mean[generator]) / total[generator],
            generator,
            images.prompt[self.stimulus],
            self.rater,
            self._of_predictions(),
            self.raters,
        )

    def _of_predictions(self) -> Floats:
        """(P, G): by how much each prompt's predictions move each mean."""
        images = self.images
        shape = (images.prompts, images.generators)
        moved = self.relied - self.predicted_mean[images.generator]
        moved /= _images_each(images)[images.generator]
        cells = images.prompt * images.generators + images.generator
        return sums(moved, cells, shape[0] * shape[1]).reshape(shape)


def _relied(images: Images, scores: Floats) -> tuple[float | None, Floats]:
    """λ, and λ times each image's prediction, (S,)."""
    if images.predicted is None:
        return None, np.zeros(scores.size)
    slope = _slope(images, scores, images.predicted)
    return slope, slope * images.predicted


def _slope(images: Images, scores: Floats, predicted: Floats) -> float:
    """λ: the slope of images' mean scores on predictions within generators, by least squares; never
    below 0, and 0 for predictions that do not vary."""
    rated = np.isfinite(scores)
    weight = np.ones(int(rated.sum())) if images.inclusion is None else 1 / images.inclusion[rated]
    groups, size = images.generator[rated], images.generators
    y, x = (
        values - _divided(sums(weight * values, groups, size), sums(weight, groups, size))[groups]
        for values in (scores[rated], predicted[rated])
    )
    spread = float(weight @ x**2)
    return max(float(weight @ (x * y)) / spread, 0.0) if spread > 1e-12 else 0.0


def _images_each(images: Images) -> Floats:
    return np.bincount(images.generator, minlength=images.generators).astype(np.float64)


def _divided(part: Floats, whole: Floats) -> Floats:
    divided: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return divided
