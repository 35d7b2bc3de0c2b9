"""Links between the scales of two sources. The numbers are worked out by hand: a source's scores
are a straight line of the others', so its link has to be that line."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import AuditEntry, ScaleLink, Stimulus, Study
from annotation.opinion.labels import labels_of
from annotation.opinion.linking import LinkError
from annotation.opinion.links import link_scale, published_scores, unlink_scale
from tests.factories import make_rater, make_stimuli, make_stimulus, publish
from tests.modelops.labelling import rate
from workbench.accounts.models import User

#: On 0…1; both ends are taken, so that the ends of the other scale are seen.
UNITS = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0]


def published(study: Study, *, images: int = 10, slope: float = 0.5) -> list[Stimulus]:
    """Source B on 0…1, and A on 0…100, where A's units are 0.3 + slope · B's."""
    stimuli = make_stimuli(study, images)
    for stimulus, unit in zip(stimuli, UNITS, strict=False):
        publish(stimulus, "quality", unit, source="B")
        publish(stimulus, "quality", 30 + 100 * slope * unit, source="A", sd=10, scale=(0, 100))
    return stimuli


def of_source(study: Study, source: str) -> list[Any]:
    return [label for label in labels_of(study) if label.source == source]


def test_a_link_is_the_line_between_the_scores_and_labels_follow_it(
    study: Study, owner: User
) -> None:
    # A = 0.3 + 0.5 · B, so B = −0.6 + 2 · A; a standard deviation of 10 of 100 becomes 0.2.
    published(study)
    link = link_scale(study=study, actor=owner, source="A", perspective="quality", target="B")
    assert (link.offset, link.slope) == pytest.approx((-0.6, 2.0))
    assert link.images == 10
    assert link.rmse == pytest.approx(0, abs=1e-9)
    assert [label.mos for label in of_source(study, "A")] == pytest.approx(UNITS)
    assert [label.sd for label in of_source(study, "A")] == pytest.approx([0.2] * 10)
    assert [label.mos for label in of_source(study, "B")] == pytest.approx(UNITS)
    entry = AuditEntry.objects.get(action="scale.linked")
    assert entry.detail == {"source": "A", "perspective": "quality", "images": 10}
    unlink_scale(study=study, actor=owner, source="A", perspective="quality")
    assert [label.mos for label in of_source(study, "A")][-1] == pytest.approx(0.8)


def test_own_ratings_are_a_scale_to_link_to_and_scores_beyond_it_are_cut_off(
    study: Study, owner: User
) -> None:
    # Raters give 2 and 4 of 1…5 (0.25, 0.75) where B says 0.5 and 0.6: the two have the standard
    # deviations 0.25 and 0.05, so the slope is 5; the means 0.5 and 0.55 leave −2.25.
    rater = make_rater(study)
    for number, stimulus in enumerate(make_stimuli(study, 12)):
        high = number % 2
        publish(stimulus, "quality", 0.6 if high else 0.5, source="B")
        if number < 10:
            rate(stimulus, rater, (4 if high else 2, 1, 1))
    link = link_scale(study=study, actor=owner, source="B", perspective="quality")
    assert (link.offset, link.slope) == pytest.approx((-2.25, 5.0))
    assert link.images == 10
    assert {round(label.mos, 9) for label in of_source(study, "B")} == {0.25, 0.75}
    ScaleLink.objects.update(offset=-4.0)
    assert {round(label.mos, 9) for label in of_source(study, "B")} == {0.0}


def test_what_cannot_be_linked_is_named(study: Study, owner: User) -> None:
    stimuli = published(study, images=9)
    asked: dict[str, Any] = {"study": study, "actor": owner, "perspective": "quality"}
    for given, message in (
        ({"source": "A", "target": "B"}, "have 9 images in common; a link needs 10"),
        ({"source": "Z"}, 'no published scores of "Z"'),
        ({"source": "A", "perspective": "taste"}, 'no perspective "taste"'),
    ):
        with pytest.raises(LinkError, match=message):
            link_scale(**asked | given)
    assert published_scores(study)[0].meetings[0].images == 9
    assert not published_scores(study)[0].meetings[0].enough
    # Held-out images say nothing.
    further = make_stimulus(study, 9)
    publish(further, "quality", 1.0, source="B")
    publish(further, "quality", 80, source="A", scale=(0, 100))
    Stimulus.objects.filter(pk=stimuli[0].pk).update(split="holdout")
    with pytest.raises(LinkError, match="have 9 images"):
        link_scale(**asked, source="A", target="B")
    with pytest.raises(LinkError, match="are not linked"):
        unlink_scale(**asked, source="A")
    assert not ScaleLink.objects.exists()


def test_scales_that_go_against_each_other_and_chains_are_refused(
    study: Study, owner: User
) -> None:
    stimuli = published(study, slope=-0.2)
    for stimulus, unit in zip(stimuli, UNITS, strict=True):
        publish(stimulus, "quality", unit, source="C")
    asked: dict[str, Any] = {"study": study, "actor": owner, "perspective": "quality"}
    with pytest.raises(LinkError, match="check the direction"):
        link_scale(**asked, source="A", target="B")
    link_scale(**asked, source="C", target="B")
    for source, target in (("B", "C"), ("A", "C"), ("B", "A"), ("B", "B")):
        with pytest.raises(LinkError, match="linked to another already"):
            link_scale(**asked, source=source, target=target)


def test_the_owner_links_by_page_and_api_and_sees_what_was_fitted(
    client: Client, study: Study, owner: User
) -> None:
    published(study)
    client.force_login(owner)
    page, act = (
        reverse(name, args=[study.slug]) for name in ("study-published", "study-scale-link")
    )
    assert "Link to B (10 common images)" in client.get(page).content.decode()
    given = {"source": "A", "perspective": "quality", "target": "B"}
    shown = client.post(act, given, follow=True).content.decode()
    assert "Linked: −0.600 + 2.000 · score, to the scale of B" in shown
    assert "Fitted on 10 common images, residual 0.000" in shown
    address = reverse("api-scale-links", args=[study.slug])
    (first, second) = sorted(client.get(address).json(), key=lambda item: item["source"])
    assert (first["link"]["target"], first["link"]["images"]) == ("B", 10)
    assert (first["minimum"], first["maximum"], first["images"]) == (0, 100, 10)
    assert second["link"] is None
    assert second["meetings"] == [{"target": "A", "images": 10}]
    client.post(act, {**given, "remove": "on"})
    assert not ScaleLink.objects.exists()
    body = json.dumps(given)
    made = client.post(address, body, content_type="application/json")
    assert made.status_code == 200
    del given["target"]
    removal = reverse("api-scale-link-removal", args=[study.slug])
    removed = client.post(removal, json.dumps(given), content_type="application/json")
    assert removed.status_code == 200
    again = client.post(removal, json.dumps(given), content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "link_refused")
