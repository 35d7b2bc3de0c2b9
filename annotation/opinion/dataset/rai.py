"""Croissant's vocabulary of responsible use (RAI 1.0): what rows answer, and what is asked. Pure.

http://mlcommons.org/croissant/RAI/1.0
"""

from typing import Any

from workbench.core.texts import gettext_noop

from ..export.facts import NOTHING
from ..reporting import methods_paragraph
from .facts import DatasetFacts

PLATFORM = "MINT Workbench"
#: Field → the question to the owner.
ASKED = {
    "annotatorDemographics": gettext_noop("Who were the raters: age, country, training?"),
    "dataBiases": gettext_noop("Which biases do the images or the raters have?"),
    "dataUseCases": gettext_noop("What is the dataset meant for?"),
    "dataLimitations": gettext_noop("What should it not be used for?"),
    "dataSocialImpact": gettext_noop("Whom can its use help or harm?"),
    "dataManipulationProtocol": gettext_noop("What was done to the images before they were rated?"),
    "personalSensitiveInformation": gettext_noop(
        "Do images or texts show or name real people, or anything sensitive?"
    ),
    "dataReleaseMaintenancePlan": gettext_noop("Who looks after it, and how are faults reported?"),
}


def answers(facts: DatasetFacts) -> dict[str, Any]:
    """Field → what is known of it; a question that nobody answered has no field."""
    given = facts.described.answers
    found = {**_known(facts), **{key: given[key] for key in ASKED if given.get(key)}}
    return {key: value for key, value in found.items() if value}


def _known(facts: DatasetFacts) -> dict[str, Any]:
    collection, method = facts.report.collection, facts.report.method
    return {
        "dataCollection": methods_paragraph(facts.report),
        "dataCollectionType": "Surveys",
        "dataCollectionTimeframe": [day.isoformat() for day in facts.period or ()],
        "dataCollectionMissingData": f"{NOTHING} Skipped images are rows of their own kind.",
        "dataCollectionRawData": "scores: every single score, those that were replaced too.",
        "dataImputationProtocol": "No score is imputed.",
        "dataPreprocessingProtocol": facts.study.counts_rule,
        "dataAnnotationProtocol": [_asked(facts, key) for key in facts.study.keys],
        "dataAnnotationPlatform": PLATFORM,
        "dataAnnotationAnalysis": (
            f"Opinion scores with 95 % intervals by the method {method}, version "
            f"{facts.report.version}, next to plain means of the scores that count."
        ),
        "annotationsPerItem": (
            f"{collection.least} to {collection.most} raters per image, median "
            f"{collection.median:g}."
        ),
        "machineAnnotationTools": "None: all scores are people's.",
    }


def _asked(facts: DatasetFacts, key: str) -> str:
    perspective = facts.study.perspectives[facts.study.keys.index(key)]
    scale = facts.study.scale(key)
    return (
        f"{perspective.label}: {perspective.question} From {scale['minimum']:g} to "
        f"{scale['maximum']:g}, {scale['direction']} is better."
    )
