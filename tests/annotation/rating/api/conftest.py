import pytest

from annotation.models import Rater, Study
from tests import factories
from tests.annotation.rating.api.client import RaterClient


@pytest.fixture
def rating(study: Study, rater: Rater) -> RaterClient:
    """The standard rater, past the instructions, in a study of five images."""
    factories.make_stimuli(study, 5)
    return RaterClient(rater).start()
