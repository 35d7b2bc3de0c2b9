"""The groups of the API's documentation."""

#: What stands after a study's slug in a path → the group of endpoints.
GROUP_OF = {
    "": "studies",
    "protocols": "studies",
    "audit": "studies",
    "archive": "studies",
    "duplicate": "studies",
    "deletion": "studies",
    "steps": "studies",
    "overview": "studies",
    "members": "studies",
    "raters": "raters",
    "reliability": "raters",
    "recruitment": "raters",
    "payment": "raters",
    "stimuli": "images",
    "imports": "images",
    "mappings": "images",
    "scale-links": "opinion scores",
    "export": "export",
    "datasets": "export",
    "opinion-methods": "opinion scores",
    "releases": "opinion scores",
    "generators": "opinion scores",
    "agreement": "opinion scores",
    "plan": "opinion scores",
    "explanations": "explanations",
    "explaining-runs": "explanations",
    "assessments": "explanations",
    "predictions": "models",
    "predictors": "models",
    "models": "models",
    "training-runs": "models",
    "scoring-runs": "models",
}
#: The groups, in the order of the page.
GROUPS = [
    {"name": "studies", "description": "Studies, their settings, protocols and audit trail."},
    {"name": "images", "description": "The images of a study and their prompts."},
    {"name": "raters", "description": "Raters, their links, and how reliable they are."},
    {
        "name": "opinion scores",
        "description": "Releases: opinion scores that can be cited; agreement, and plans.",
    },
    {
        "name": "export",
        "description": "The collected database as one file; dataset releases, which can be cited.",
    },
    {"name": "models", "description": "Predictors, their trainings, versions and predictions."},
    {"name": "explanations", "description": "What a model that explains says of images."},
    {"name": "rating", "description": "What a rater’s page uses, with the token of their link."},
]
