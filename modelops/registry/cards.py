"""Model cards: what a version learnt from, how it was measured, and on what; as Markdown with the
head that Hugging Face reads (https://huggingface.co/docs/hub/model-cards).

In English, as the tables of papers are. Every figure comes with its n, every SRCC with its
interval, and the card says which images chose what: without them none can be judged.
"""

import json
from collections.abc import Iterator

from annotation.opinion.comparison.bootstrap import Measure

from ..models import ModelVersion
from .ceiling import Ceilings, noise_ceilings, srcc_ceiling
from .certificates import Certificates, certificates_of
from .holdout import Standing
from .points import current_standing
from .units import agreement_on

_HEAD = """---
library_name: mint-workbench
tags:
- image-quality-assessment
- text-to-image
- opinion-scores
---
"""
_INTERVALS = (
    "Intervals are 95 %, over draws of whole prompts; they take four. The ceiling is the SRCC of a "
    "perfect model against these labels, which are noisy."
)
_LIMITS = """## Limits

The figures hold for images like the hold-out's: of the same generators and the same kinds of
prompts, judged by the same panel on the same questions. A score is what this panel would say on
average, and no measure of quality beyond that."""


def model_card(version: ModelVersion) -> str:
    """Of the labels and ratings of now; a version's own files say what it was trained on."""
    study = version.study
    standing, ceilings = current_standing(version), noise_ceilings(study)
    certificates = certificates_of(version).result or {}
    parts = [
        _HEAD,
        f"# {study.title}: version {version.number} of {version.predictor.name}\n",
        *_facts(version),
        "\n## Agreement with people\n",
        "On hold-out images: rated by people, never learnt from, and drawn before any training.\n",
        *_table(version, standing, ceilings),
        f"\n{_INTERVALS}\n",
        "## Certificates\n",
        *_certified(certificates),
        "\n## Recipe\n",
        f"```json\n{json.dumps(version.training_run.recipe, indent=2)}\n```\n",
        _LIMITS,
    ]
    return "\n".join(parts) + "\n"


def _facts(version: ModelVersion) -> Iterator[str]:
    snapshot = version.snapshot
    yield f"- Backbone: {version.predictor.backbone} ({version.kind}), `{version.backbone_sha256}`"
    if version.backbone_source:
        yield f"- Weights of the backbone: `{version.backbone_source}` on the model hub"
    yield f"- Trained: {version.created_at:%Y-%m-%d}"
    yield f"- Labels: {version.images_learnt_from} images learnt from, {snapshot.ratings} ratings"
    yield f"- Label snapshot (sha256): `{snapshot.content_sha256}`"
    yield f"- Split of pool and hold-out (sha256): `{snapshot.split_sha256}`"
    yield f"- Selection set: {_selection(version)}"
    yield f"- Files (sha256 of their manifest): `{version.artifact_sha256}`"


def _selection(version: ModelVersion) -> str:
    """Which images chose among the states of the training."""
    share = version.training_run.recipe.get("validation_share", 0)
    best = (version.curve or {}).get("best_epoch")
    if share and best:
        return f"{share:.0%} of the pool, in whole prompts, chose epoch {best}; never the hold-out"
    return "none; nothing was chosen by a measurement"


def _table(version: ModelVersion, standing: Standing, ceilings: Ceilings) -> Iterator[str]:
    yield "| perspective | scale | n | prompts | SRCC | ceiling | PLCC | KRCC | RMSE |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for asked in version.study.perspective_settings:
        found = agreement_on(asked.scale, standing.agreements[asked.key])
        prompts = len({it.prompt for it in standing.points.get(asked.key, [])})
        interval = standing.srcc_interval(asked.key)
        cells = [
            asked.key,
            f"{asked.scale.minimum:g}–{asked.scale.maximum:g}",
            str(found.n),
            str(prompts),
            _number(found.srcc) + (f" ({interval[0]:.3f} … {interval[1]:.3f})" if interval else ""),
            _measure(srcc_ceiling(ceilings, asked.key)),
            _number(found.plcc),
            _number(found.krcc),
            _number(found.rmse),
        ]
        yield f"| {' | '.join(cells)} |"


def _certified(certificates: Certificates) -> Iterator[str]:
    yield "Whether it is as close to the panel as a left-out rater (alternative annotator test):\n"
    for key, found in certificates.items():
        tested = len(found.raters)
        verdict = "yes" if found.granted else f"no ({', '.join(found.lacks)})"
        error = "" if found.error is None else f"; off by {_measure(found.error.rmse)} by itself"
        yield f"- {key}: {verdict}, n = {found.images} images, {tested} raters tested{error}"


def _measure(of: Measure | None) -> str:
    if of is None or of.low is None or of.high is None:
        return _number(of.value if of else None)
    return f"{of.value:.3f} ({of.low:.3f} … {of.high:.3f})"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
