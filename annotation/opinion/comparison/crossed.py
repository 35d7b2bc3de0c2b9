"""Covariance of several means whose ratings share prompts and share raters.

Prompts and raters are crossed random effects: another study would draw others of both. A mean's
error is the sum of its ratings' influences. Summed by prompt and squared, they give the variance
that prompts cause; by rater, that of raters; both contain the error of single ratings, so that of
the cells (prompt × rater) is taken off once: Cameron, Gelbach and Miller, J. Business & Economic
Statistics 29, 2011. A bootstrap that draws prompts and raters together counts that error three
times (Owen, Annals of Applied Statistics 1, 2007: “pigeonhole bootstrap”); where images have few
ratings most of the error is that, and its intervals are far too wide.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from ..correlation import Floats, Integers, sums
from .bootstrap import ClusterDraws


@dataclass(frozen=True)
class Influences:
    """By how much each rating, and each prediction, moves each of G means."""

    #: (R,), of the ratings, and of which mean each is part: 0…G − 1.
    rating: Floats
    generator: Integers
    #: (R,), numbers from 0.
    prompt: Integers
    rater: Integers
    #: (P, G): of the predictions, summed by prompt; rows for all prompts of `prompt`.
    predictions: Floats
    raters: int

    @property
    def prompts(self) -> int:
        return int(self.predictions.shape[0])

    @property
    def generators(self) -> int:
        return int(self.predictions.shape[1])

    def by_prompt(self) -> Floats:
        """(P, G), scaled by √(k / (k − 1)) for the k rated prompts of each mean."""
        own = self._table(self.prompt, self.prompts) + self.predictions
        return own * _unbiased(self.count(self.prompt))

    def by_rater(self) -> Floats:
        """(U, G), scaled alike for the raters of each mean."""
        return self._table(self.rater, self.raters) * _unbiased(self.count(self.rater))

    def count(self, cluster: Integers) -> Integers:
        """How many different clusters each mean's ratings come from, (G,)."""
        cells = np.unique(cluster * self.generators + self.generator)
        return np.bincount(cells % self.generators, minlength=self.generators)

    def single(self) -> Floats:
        """(G, G): the covariance by cells of prompt and rater."""
        _, cell = np.unique(self.prompt * self.raters + self.rater, return_inverse=True)
        shape = (int(cell.max()) + 1, self.generators)
        table = sparse.csr_array((self.rating, (cell, self.generator)), shape)
        square: Floats = (table.T @ table).toarray()
        return square

    def _table(self, cluster: Integers, size: int) -> Floats:
        cells = cluster * self.generators + self.generator
        return sums(self.rating, cells, size * self.generators).reshape(size, self.generators)


def _unbiased(clusters: Integers) -> Floats:
    """√(k / (k − 1)); 0 where there are not two."""
    factor: Floats = np.sqrt(np.where(clusters > 1, clusters / np.maximum(clusters - 1, 1), 0))
    return factor


@dataclass(frozen=True)
class Crossed:
    """The joint error of G means."""

    #: (G, G) each: by prompts, by raters, and of both without counting anything twice.
    by_prompt: Floats
    by_rater: Floats
    covariance: Floats
    #: (G,): clusters behind each mean.
    prompts: Integers
    raters: Integers
    _influences: tuple[Floats, Floats]
    _thinning: Floats

    def degrees(self, contrast: Floats) -> float:
        """Satterthwaite's degrees of freedom of a contrast (G,): few raters give few, however many
        ratings they gave."""
        used = contrast != 0
        parts = ((self.by_prompt, self.prompts), (self.by_rater, self.raters))
        whole = float(contrast @ self.covariance @ contrast)
        shares = sum(
            float(contrast @ part @ contrast) ** 2 / max(int(count[used].min()) - 1, 1)
            for part, count in parts
        )
        return max(whole**2 / shares, 1.0) if shares > 0 else 1.0

    def draws(self, draws: int, seed: int) -> Floats:
        """Errors of the means in bootstrap draws of prompts and of raters, (draws, G).

        Their covariance is `covariance`: the two bootstraps' sum, which counts the error of single
        ratings twice, brought to it by a linear map."""
        parts = [
            ClusterDraws(np.arange(table.shape[0]), draws, seed + place).sums(table)
            for place, table in enumerate(self._influences)
        ]
        return (parts[0] + parts[1]) @ self._thinning


def crossed(influences: Influences) -> Crossed:
    """The joint error of the means that `influences` are of."""
    tables = influences.by_prompt(), influences.by_rater()
    by_prompt, by_rater = (table.T @ table for table in tables)
    thinning = _thinning(by_prompt + by_rater, influences.single())
    return Crossed(
        by_prompt,
        by_rater,
        thinning.T @ (by_prompt + by_rater) @ thinning,
        influences.count(influences.prompt),
        influences.count(influences.rater),
        tables,
        thinning,
    )


def _thinning(both: Floats, single: Floats) -> Floats:
    """L (G, G) with Lᵀ · both · L = both − single.

    Each of the two parts of `both` contains `single` in expectation, so that at least half of
    `both` remains; estimates below that are chance, and are brought up to it.
    """
    values, vectors = linalg.eigh(both)
    kept = values > values.max(initial=0) * 1e-12
    root, basis = np.sqrt(values[kept]), vectors[:, kept]
    rest = np.eye(root.size) - (basis.T @ single @ basis) / np.outer(root, root)
    shares, turn = linalg.eigh(rest)
    half = (turn * np.sqrt(np.clip(shares, 0.5, 1))) @ turn.T
    thinning: Floats = (basis / root) @ half @ (basis * root).T
    return thinning
