"""What model operations refuse; each message names the thing, the place and the fix."""

from workbench.core.errors import MintError


class RunActiveError(MintError):
    """The study has a training run that is not over."""

    code = "run_active"
    status = 409


class RecipeError(MintError):
    """A training setting that does not exist, or cannot have this value."""

    code = "recipe"
    status = 400


class BackboneError(MintError):
    """A backbone that the site does not offer, or a setting that names none."""

    code = "backbone"
    status = 400


class PredictorError(MintError):
    """A predictor that the study does not have, or already has."""

    code = "predictor"
    status = 409


class TooFewLabelsError(MintError):
    """Too few images of the study are labelled."""

    code = "too_few_labels"
    status = 409


class NotScoredError(MintError):
    """A version cannot become active before it has predicted the study's images."""

    code = "not_scored"
    status = 409


class VersionStateError(MintError):
    """The version's state does not allow this."""

    code = "version_state"
    status = 409


class ReasonNeededError(MintError):
    """The gate does not let the version pass, and nobody says why it is promoted nevertheless."""

    code = "reason_needed"
    status = 409


class RestError(MintError):
    """The model cannot be left to rate the rest, or is left to already."""

    code = "rest"
    status = 409


class NoModelError(MintError):
    """The study has no model of that number, or none at all."""

    code = "no_model"
    status = 404


class NoRoundError(MintError):
    """The study has no such round of acquisition."""

    code = "no_round"
    status = 404


class ArtifactError(MintError):
    """Files of a model or a snapshot cannot be written, or are not what was written."""

    code = "artifact"
    status = 500


class PortableError(MintError):
    """A folder that a version cannot be written to or read from."""

    code = "portable"
    status = 400


class CannotExplainError(MintError):
    """The version was trained without explanations."""

    code = "cannot_explain"
    status = 409


class ImageRefusedError(MintError):
    """An uploaded file that is too large, damaged, animated or not an image."""

    code = "image_refused"
    status = 400


class ImageTooLargeError(ImageRefusedError):
    """An uploaded file of more bytes than are taken."""

    status = 413


class AssessmentFailedError(MintError):
    """The worker could not assess an uploaded image."""

    code = "assessment_failed"
    status = 500


class NoAssessmentError(MintError):
    """There is no such assessment, or its result was deleted."""

    code = "no_assessment"
    status = 404


class RunOverError(MintError):
    """A run that is over cannot be cancelled."""

    code = "run_over"
    status = 409
