"""What an owner says of a dataset release, and asking for one."""

from typing import Any

from annotation.models import DatasetRelease, Study
from annotation.opinion.dataset.asking import ask_for_dataset, described
from workbench.accounts.models import User

SAID = {"title": "Foxes", "licence": "CC-BY-4.0", "creators": ["Doe, Jane"]}


def ask(study: Study, owner: User, **fields: Any) -> DatasetRelease:
    number = study.opinion_releases.get(name="first").number
    asked = {"number": number, "said": described(SAID), "pictures": True, **fields}
    return ask_for_dataset(study=study, actor=owner, **asked)
