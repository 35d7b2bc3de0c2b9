import pytest

from annotation.models import Study
from modelops.models import TrainingRun
from tests.modelops.labelling import make_predictor


@pytest.fixture
def run(study: Study) -> TrainingRun:
    """A queued one."""
    return TrainingRun.objects.create(
        study=study, predictor=make_predictor(study), trigger="command"
    )
