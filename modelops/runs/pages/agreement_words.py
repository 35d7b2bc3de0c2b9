"""What each measure of agreement between predictions and people is called, and what it means."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Words:
    """A measure's name on the page, and what it says; empty if that of another one says it."""

    name: str | Promise
    meaning: str | Promise = ""


MEASURES = {
    "srcc": Words(
        gettext_lazy("SRCC, all images"),
        gettext_lazy(
            "Spearman’s rank correlation: does the model put the images in people’s order? 1 is "
            "the same order, 0 none in common."
        ),
    ),
    "srcc_within_generator": Words(
        gettext_lazy("SRCC within generators"),
        gettext_lazy(
            "Among images of one generator, averaged over generators: telling a good generator "
            "from a bad one no longer helps."
        ),
    ),
    "srcc_within_prompt": Words(
        gettext_lazy("SRCC within prompts"),
        gettext_lazy(
            "Among images of one prompt, averaged over prompts with three images or more: the "
            "choice between several attempts at one thing."
        ),
    ),
    "krcc": Words(
        gettext_lazy("KRCC"),
        gettext_lazy("Kendall’s τ-b: of all pairs of images, how many more are in people’s order."),
    ),
    "plcc": Words(
        gettext_lazy("PLCC"),
        gettext_lazy("Pearson’s correlation of the predictions themselves with people’s scores."),
    ),
    "rmse": Words(
        gettext_lazy("RMSE"),
        gettext_lazy("The usual error of a prediction, in points of the question’s scale."),
    ),
    "plcc_logistic": Words(
        gettext_lazy("PLCC after a logistic"),
        gettext_lazy(
            "Pearson’s correlation after a logistic with four parameters has brought predictions "
            "onto people’s scale: what most papers print."
        ),
    ),
    "rmse_logistic": Words(
        gettext_lazy("RMSE after a logistic"),
        gettext_lazy("The error that remains after the logistic, in points."),
    ),
    "rmse_star_logistic": Words(
        gettext_lazy("RMSE* after a logistic"),
        gettext_lazy(
            # xgettext:no-python-format
            "The error that people’s own uncertainty does not excuse: by how far a prediction "
            "misses the 95 % interval of its image."
        ),
    ),
    "outlier_ratio_logistic": Words(
        gettext_lazy("Outlier ratio after a logistic"),
        gettext_lazy(
            # xgettext:no-python-format
            "The share of predictions outside the 95 % interval of their image."
        ),
    ),
    "plcc_cubic": Words(
        gettext_lazy("PLCC after a cubic"),
        gettext_lazy(
            "These four after a cubic instead, which never turns within the predictions (ITU-T "
            "P.1401)."
        ),
    ),
    "rmse_cubic": Words(gettext_lazy("RMSE after a cubic")),
    "rmse_star_cubic": Words(gettext_lazy("RMSE* after a cubic")),
    "outlier_ratio_cubic": Words(gettext_lazy("Outlier ratio after a cubic")),
    "auc_different": Words(
        gettext_lazy("AUC different/similar"),
        gettext_lazy(
            "How well the size of a predicted difference tells pairs of images that people found "
            "different from those that they did not; 0.5 is chance, 1 without error."
        ),
    ),
    "auc_better": Words(
        gettext_lazy("AUC better/worse"),
        gettext_lazy(
            "Of pairs that people found different: how surely the model picks the better image; "
            "0.5 is chance, 1 without error."
        ),
    ),
}
#: Headings of the table, and the measures below each.
GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (
        gettext_lazy("Order of the images"),
        ("srcc", "srcc_within_generator", "srcc_within_prompt", "krcc"),
    ),
    (gettext_lazy("The predictions themselves"), ("plcc", "rmse")),
    (
        gettext_lazy("After a logistic with four parameters"),
        ("plcc_logistic", "rmse_logistic", "rmse_star_logistic", "outlier_ratio_logistic"),
    ),
    (
        gettext_lazy("After a monotone cubic"),
        ("plcc_cubic", "rmse_cubic", "rmse_star_cubic", "outlier_ratio_cubic"),
    ),
    (gettext_lazy("Pairs of images"), ("auc_different", "auc_better")),
)
