from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.models import Stimulus, Study
from annotation.stimuli.priorities import set_priorities
from tests.factories import make_stimuli


def test_priorities_are_written_in_one_statement(study: Study) -> None:
    stimuli = make_stimuli(study, 3)
    wanted = {stimuli[0].pk: 0.25, stimuli[2].pk: 2.0}
    with CaptureQueriesContext(connection) as queries:
        assert set_priorities(study=study, priorities=wanted) == 2
    assert len(queries) == 1
    assert list(Stimulus.objects.order_by("pk").values_list("priority", flat=True)) == [0.25, 0, 2]


def test_another_study_is_never_touched(study: Study) -> None:
    other = Study.objects.create(title="Other", slug="other")
    foreign = make_stimuli(other, 1)[0]
    assert set_priorities(study=study, priorities={foreign.pk: 1.0}) == 0


def test_nothing_to_write_is_no_error(study: Study) -> None:
    assert set_priorities(study=study, priorities={}) == 0
