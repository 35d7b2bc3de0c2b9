"""Examples before a session: practice images that span the scale."""

from annotation.models import Study
from annotation.rating.anchors import anchors_of
from tests.factories import make_stimuli, publish


def test_examples_go_from_the_worst_to_the_best_and_need_a_difference(study: Study) -> None:
    images = make_stimuli(study, 3, purpose="practice", wanted_ratings=0)
    for image, quality in zip(images, (0.5, 1.0, 0.0), strict=True):
        publish(image, "quality", quality)
        # Three examples of one score would show what the others are not.
        publish(image, "authenticity", 0.75)
    anchors = anchors_of(study.pk, study.perspective_settings)
    assert [anchor.score for anchor in anchors["quality"]] == [1, 3, 5]
    assert "authenticity" not in anchors
