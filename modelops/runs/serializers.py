"""Requests and responses of the model API."""

from dataclasses import asdict
from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotation.models import OpinionRelease, Stimulus
from annotation.opinion.forecast import AssistedScore
from workbench.core.api import ExactSerializer

from ..acquisition.registry import DEFAULT_STRATEGY
from ..models import Head, LabelSnapshot, ModelVersion, Predictor, ScoringRun, TrainingRun
from ..registry.ceiling import noise_ceilings, srcc_ceiling
from ..registry.reading import reading_problems
from ..registry.selectors import expectations_of
from ..registry.serializers import (
    JOB_FIELDS,
    HistoryEntrySerializer,
    JobErrorMixin,
    PredictionQuerySerializer,
)
from ..registry.units import ScaledExpectation, agreement_on, expectation_on
from .agreement_api import MeasureSerializer
from .precision_words import sentences


class _OwnReleaseSerializer(serializers.ModelSerializer[OpinionRelease]):
    """A release of the study's own opinion scores; the API of releases says more of it."""

    class Meta:
        model = OpinionRelease
        fields = ["number", "name", "method", "method_version"]


class _LinkSerializer(serializers.Serializer[Any]):
    """`offset + slope · score`, on 0…1, to the scale of the release `target`, or of the study's
    raters (null), fitted on so many common images with a residual of `rmse`."""

    perspective = serializers.CharField()
    target = serializers.IntegerField(allow_null=True)
    offset = serializers.FloatField()
    slope = serializers.FloatField()
    images = serializers.IntegerField()
    rmse = serializers.FloatField()


class _ImportedReleaseSerializer(serializers.Serializer[Any]):
    """A release of published scores, the hash of what it said then, and the links by which its
    scores became labels."""

    number = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment] # DRF: `Field.source`, which a declared field hides
    content_sha256 = serializers.CharField()
    links = _LinkSerializer(many=True)


class SnapshotSerializer(serializers.ModelSerializer[LabelSnapshot]):
    """The labels of a training: `release` holds the study's own opinion scores that they come from
    (null if it has only published ones), `published` the imported ones; `split_sha256` stands for
    the split."""

    release = _OwnReleaseSerializer(read_only=True)
    published = _ImportedReleaseSerializer(many=True, read_only=True)

    class Meta:
        model = LabelSnapshot
        fields = [
            "content_sha256",
            "release",
            "published",
            "split_sha256",
            "stimuli",
            "ratings",
            "holdout_stimuli",
            "created_at",
        ]


class TrainingRunSerializer(JobErrorMixin, serializers.ModelSerializer[TrainingRun]):
    """A training run; `model` is the number of the version that it produced, `problems` are the
    labelled images that could not be read and, without an image, what the backbone does not read
    of prompts: in how many, of which `kind`."""

    predictor = serializers.SlugRelatedField[Any](slug_field="name", read_only=True)
    model = serializers.SerializerMethodField()
    snapshot = SnapshotSerializer(read_only=True, allow_null=True)
    history = HistoryEntrySerializer(many=True, read_only=True)
    progress_percent = serializers.IntegerField(read_only=True)
    problems = serializers.SerializerMethodField()

    class Meta:
        model = TrainingRun
        fields = [
            "id",
            "predictor",
            "trigger",
            "promote_when_done",
            "recipe",
            "recipe_name",
            "snapshot",
            "model",
            "attempts",
            "problems",
            *JOB_FIELDS,
        ]

    def get_model(self, run: TrainingRun) -> int | None:
        version = getattr(run, "model_version", None)
        return version.number if version else None

    def get_problems(self, run: TrainingRun) -> list[dict[str, Any]]:
        return [*run.problems, *reading_problems(run.study, run.predictor.backbone)]


class TrainingRequestSerializer(ExactSerializer):
    """What to train, and how. `predictor` is a name; the leading one if omitted. `recipe` is the
    name of one of its backbone's recipes; the predictor's own if omitted. `settings` override those
    of the recipe, each as `NAME=VALUE`, e.g. `epochs=5`."""

    predictor = serializers.CharField(default="")
    recipe = serializers.CharField(default="", max_length=40)
    promote_when_done = serializers.BooleanField(default=False)
    settings = serializers.ListField(child=serializers.CharField(), default=list)
    #: Also to explain its scores; takes longer.
    explanations = serializers.BooleanField(default=False)


class HeadSerializer(serializers.ModelSerializer[Head]):
    """A perspective that a version predicts, and its agreement with the `n` labelled images of the
    hold-out when the version was trained; null if it is not defined. `srcc_interval` is the 95 %
    interval of the SRCC over draws of whole prompts; null with fewer than four of them. `ceiling`
    is the SRCC that a perfect model would reach against the labels of now; null if the ratings do
    not tell. `rmse` is on the perspective's scale, of `minimum` to `maximum`."""

    perspective = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)
    rmse = serializers.SerializerMethodField()
    srcc_interval = serializers.SerializerMethodField()
    ceiling = serializers.SerializerMethodField()
    minimum = serializers.FloatField(source="perspective.settings.scale.minimum", read_only=True)
    maximum = serializers.FloatField(source="perspective.settings.scale.maximum", read_only=True)

    class Meta:
        model = Head
        fields = [
            "perspective",
            "srcc",
            "srcc_interval",
            "ceiling",
            "plcc",
            "krcc",
            "rmse",
            "minimum",
            "maximum",
            "n",
        ]

    def get_rmse(self, head: Head) -> float | None:
        return agreement_on(head.perspective.settings.scale, head.agreement).rmse

    @extend_schema_field(
        serializers.ListField(
            child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True
        )
    )
    def get_srcc_interval(self, head: Head) -> tuple[float, float] | None:
        if head.srcc_low is None or head.srcc_high is None:
            return None
        return head.srcc_low, head.srcc_high

    @extend_schema_field(MeasureSerializer(allow_null=True))
    def get_ceiling(self, head: Head) -> dict[str, float | None] | None:
        # Once for all heads of an answer, which are of one study.
        shared = cast(dict[str, Any], self.context)
        if "ceilings" not in shared:
            shared["ceilings"] = noise_ceilings(head.study)
        found = srcc_ceiling(shared["ceilings"], head.perspective.key)
        return None if found is None else MeasureSerializer(found).data


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """A version of one of the study's predictors. `kind`: that of its backbone.
    `backbone_source`: where its weights are on a model hub, as `OWNER/NAME@COMMIT`, if they are.
    `heads`: the perspectives that it predicts. `curve`: how its fine-tuning went, by epoch; null if
    there was none. `explanation_metrics`: null if it does not explain; `bleu4` of its texts is
    null, with `n` above 0, if all of them are shorter than four words or Chinese characters."""

    heads = HeadSerializer(many=True, read_only=True)
    predictor = serializers.SlugRelatedField[Any](slug_field="name", read_only=True)
    snapshot = SnapshotSerializer(read_only=True, allow_null=True)
    scored = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields = [
            "number",
            "predictor",
            "state",
            "kind",
            "heads",
            "curve",
            "explanation_metrics",
            "snapshot",
            "training_run",
            "artifact_sha256",
            "backbone_sha256",
            "backbone_source",
            "scored",
            "created_at",
            "promoted_at",
        ]

    def get_scored(self, version: ModelVersion) -> bool:
        """Whether it has predicted the study's images, and so can be promoted."""
        return any(run.state == "succeeded" for run in version.scoring_runs.all())


class PromotionRequestSerializer(ExactSerializer):
    """`reason`: why the version is promoted although the hold-out does not show that it is as good
    as the one in use; the audit trail keeps it."""

    reason = serializers.CharField(default="", allow_blank=True, max_length=500)


class _ComputedSerializer(serializers.Serializer[Any]):
    """A precision, and why embeddings were computed in it."""

    precision = serializers.CharField()
    why = serializers.CharField()


class ScoringRunSerializer(JobErrorMixin, serializers.ModelSerializer[ScoringRun]):
    """A scoring run; `problems` are the images that could not be read and, without an image, what
    the version does not read of prompts: in how many, of which `kind`. `computed_in`: `float32`,
    `bfloat16` or `fp8`, and why; usually one, none before the first images are scored."""

    model = serializers.IntegerField(source="model_version.number", read_only=True)
    history = HistoryEntrySerializer(many=True, read_only=True)
    progress_percent = serializers.IntegerField(read_only=True)
    problems = serializers.SerializerMethodField()
    computed_in = serializers.SerializerMethodField()

    class Meta:
        model = ScoringRun
        fields = ["id", "model", "problems", "computed_in", *JOB_FIELDS]

    @extend_schema_field(_ComputedSerializer(many=True))
    def get_computed_in(self, run: ScoringRun) -> list[dict[str, str]]:
        found = sentences(run.computed_in)
        return [{"precision": name, "why": why} for name, why in found.items()]

    def get_problems(self, run: ScoringRun) -> list[dict[str, Any]]:
        chunks = run.chunks.exclude(problems=[]).order_by("index")
        backbone = run.model_version.predictor.backbone
        return [
            *(item for chunk in chunks for item in chunk.problems),
            *reading_problems(run.study, backbone),
        ]


class ExpectationSerializer(serializers.Serializer[ScaledExpectation]):
    """On the perspective's scale, of `minimum` to `maximum`: the expected score and standard
    deviations. `posterior_sd` is that of the expected score, which labels lessen; `misfit_sd` that
    of the true score around what the model could expect at best, which they do not; `epistemic_sd`
    is both together, how far the true score may be from the expected one; `rater_sd` is that of one
    rater around the true score, and `label_sd` that of the mean of the image's own n ratings:
    rater/√n, null without any."""

    mean = serializers.FloatField()
    posterior_sd = serializers.FloatField()
    misfit_sd = serializers.FloatField()
    epistemic_sd = serializers.FloatField()
    rater_sd = serializers.FloatField()
    label_sd = serializers.FloatField(allow_null=True)
    minimum = serializers.FloatField()
    maximum = serializers.FloatField()


class KnowledgeSerializer(serializers.Serializer[Any]):
    """Which labels a prediction has learnt from: `ratings`, those that the study's opinion scores
    rested on `at` that time. `stale`: 30 or more ratings have come since, and the prediction is
    about to be made again."""

    version = serializers.IntegerField()
    ratings = serializers.IntegerField()
    at = serializers.DateTimeField()
    stale = serializers.BooleanField()


class PredictionListQuerySerializer(PredictionQuerySerializer):
    """`assisted`: with model-assisted scores, which take longer."""

    assisted = serializers.BooleanField(default=False)


class AssistedScoreSerializer(serializers.Serializer[AssistedScore]):
    """A model-assisted score, which is not a MOS: the opinion score of the live release, on its
    scale, joined with the prediction, each by its variance. `worth`: as how many ratings it is
    precise."""

    value = serializers.FloatField()
    standard_error = serializers.FloatField()
    low = serializers.FloatField(help_text="95 % interval.")
    high = serializers.FloatField()
    ratings = serializers.IntegerField()
    worth = serializers.FloatField()


class PredictionSerializer(serializers.ModelSerializer[Stimulus]):
    """The predictions of one stimulus by one version, by perspective, and what they have
    `learnt_from`; the context has the version's `state`, the study's `scales`, by the perspective's
    key, how many `ratings` count and model-assisted scores as `assisted`, both by the stimulus.
    `model_assisted`, empty unless `assisted` asks for it, has those perspectives from which the
    stimulus is rated, unless the version has learnt from it."""

    stimulus = serializers.IntegerField(source="pk")
    scores = serializers.SerializerMethodField()
    model_assisted = serializers.SerializerMethodField()
    learnt_from = serializers.SerializerMethodField()

    class Meta:
        model = Stimulus
        fields = [
            "stimulus",
            "filename",
            "split",
            "priority",
            "scores",
            "learnt_from",
            "model_assisted",
        ]

    @extend_schema_field(KnowledgeSerializer())
    def get_learnt_from(self, stimulus: Stimulus) -> Any:
        return KnowledgeSerializer(self.context["state"].knowledge_of(stimulus.pk)).data

    @extend_schema_field(serializers.DictField(child=AssistedScoreSerializer()))
    def get_model_assisted(self, stimulus: Stimulus) -> dict[str, dict[str, float]]:
        found = self.context["assisted"].get(stimulus.pk, {})
        return {key: asdict(item) for key, item in found.items()}

    @extend_schema_field(serializers.DictField(child=ExpectationSerializer()))
    def get_scores(self, stimulus: Stimulus) -> dict[str, dict[str, float]]:
        scales, ratings = self.context["scales"], self.context["ratings"].get(stimulus.pk, {})
        return {
            key: asdict(expectation_on(scales[key], item, ratings.get(key, 0)))
            for key, item in expectations_of(stimulus, self.context["state"]).items()
        }


class PredictorSerializer(serializers.ModelSerializer[Predictor]):
    """A predictor of the study. `active`: number of its version in use."""

    active = serializers.SerializerMethodField()

    class Meta:
        model = Predictor
        fields = [
            "name",
            "backbone",
            "strategy",
            "recipe",
            "recipe_name",
            "leading",
            "active",
            "created_at",
        ]

    def get_active(self, predictor: Predictor) -> int | None:
        version = predictor.versions.filter(state=ModelVersion.State.ACTIVE).first()
        return version.number if version else None


class PredictorRequestSerializer(ExactSerializer):
    """One more predictor: a `backbone` that the site offers, a `name` (default: the backbone's),
    the acquisition `strategy` by which it says what people rate next, and the name of the `recipe`
    of its trainings, one of its backbone's (default: `default`)."""

    backbone = serializers.CharField(max_length=40)
    name = serializers.SlugField(max_length=40, default="")
    strategy = serializers.CharField(max_length=40, default=DEFAULT_STRATEGY)
    recipe = serializers.CharField(max_length=40, default="")
