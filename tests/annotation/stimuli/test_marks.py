"""The page of an image with what raters marked on it and in its prompt."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotation.models import Explanation, Stimulus, Study, Trial
from annotation.opinion.releases import renew_live
from tests.factories import make_explanation, make_rater, make_session, make_stimulus

BOX = {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}


@pytest.fixture
def stimulus(study: Study) -> Stimulus:
    """Of 48 × 32 pixels."""
    stimulus = make_stimulus(study, 1)
    stimulus.prompt.text = "two <b>red</b> cats"
    stimulus.prompt.save()
    return stimulus


def mark(stimulus: Stimulus, perspective: str = "authenticity", **marks: Any) -> Trial:
    """Another rater's answer."""
    rater = make_rater(stimulus.study)
    now = timezone.now()
    session = make_session(rater)
    trial = Trial.objects.create(
        session=session,
        rater=rater,
        stimulus=stimulus,
        position=0,
        draw="priority",
        state="submitted",
        leased_at=now,
        lease_expires_at=now,
        submitted_at=now,
    )
    make_explanation(trial, perspective, language="en", **marks)
    return trial


def page_of(console: Client, stimulus: Stimulus) -> str:
    address = reverse("study-stimulus", args=[stimulus.study.slug, stimulus.pk])
    return console.get(address).content.decode()


def test_regions_lie_over_the_image_in_a_tint_for_each_rater(
    console: Client, stimulus: Stimulus
) -> None:
    first = mark(stimulus, regions=[BOX, {"points": [[0.5, 0.5]], "radius": 0.02}])
    mark(stimulus, regions=[{"points": [[0, 0], [1, 1]], "radius": 0.05}])
    page = page_of(console, stimulus)
    # 1,000 units to the width, so 1,000 · 32 / 48 = 666.7 to the height: the box begins at
    # 0.2 · 666.7 = 133.3 and is 0.4 · 666.7 = 266.7 high; a brush is twice its radius wide.
    assert 'viewBox="0 0 1000 666.7"' in page
    assert '<path class="tint-0" d="M100.0 133.3h300.0v266.7h-300.0z" data-box>' in page
    assert '<path class="tint-0" d="M500.0 333.3L500.0 333.3" stroke-width="40.0">' in page
    assert '<path class="tint-1" d="M0.0 0.0L1000.0 666.7" stroke-width="100.0">' in page
    assert page.count(f"<title>{first.rater.code} · Authenticity</title>") == 2
    assert "3 regions that raters marked" in page


def test_a_word_says_how_many_raters_find_it_not_met(console: Client, stimulus: Stimulus) -> None:
    mark(stimulus, "correspondence", words=[1])
    mark(stimulus, "correspondence", words=[0, 1])
    page = page_of(console, stimulus)
    assert '<mark class="unmet">two<sup>1<' in page
    assert '<mark class="unmet">&lt;b&gt;red&lt;/b&gt;<sup>2<' in page
    assert "<b>red" not in page
    assert '<mark class="unmet">cats' not in page


def test_marks_that_were_taken_back_are_not_shown(console: Client, stimulus: Stimulus) -> None:
    trial = mark(stimulus, regions=[BOX], words=[2])
    Explanation.objects.filter(trial=trial).update(superseded_at=timezone.now())
    page = page_of(console, stimulus)
    assert "<svg" not in page.split("<h2>")[1]
    assert "unmet" not in page


def test_the_number_of_queries_does_not_grow_with_the_raters(
    console: Client, stimulus: Stimulus
) -> None:
    mark(stimulus, regions=[BOX])
    renew_live(stimulus.study)
    with CaptureQueriesContext(connection) as few:
        page_of(console, stimulus)
    for _rater in range(5):
        mark(stimulus, regions=[BOX], words=[0])
    renew_live(stimulus.study)
    with CaptureQueriesContext(connection) as many:
        page_of(console, stimulus)
    assert len(many) == len(few)
