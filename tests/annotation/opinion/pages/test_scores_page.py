"""The page about scores: numbers by hand, and a sentence wherever there is nothing to show."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

from annotation.models import AuditEntry, Rater, Stimulus, Study
from annotation.models.membership import MemberRole
from annotation.opinion import previewing, recomputing
from annotation.opinion.previewing import preview_for_readers, preview_method
from annotation.opinion.release_facts import (
    collection_of,
    disagreements_of,
    distributions_of,
    report_of,
)
from annotation.opinion.releases import live_release, make_release
from annotation.opinion.tasks import preview_method as preview_task
from annotation.protocol.aigciqa2023 import default_perspectives
from annotation.protocol.scales import SLIDER100
from tests.conftest import Sent
from tests.factories import make_member, make_rater, make_stimuli, make_study, make_user
from tests.modelops.labelling import rate
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db

PAGE = "/studies/demo/results/"


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture
def rated(study: Study) -> list[Stimulus]:
    """Three images: scores 1 and 3; 4 and 5; and 2, of quality; the others are as they were."""
    images = make_stimuli(study, 3)
    first, second = make_rater(study), make_rater(study)
    for image, scores in zip(images, ((1, 3), (4, 5), (2, None)), strict=True):
        for rater, score in zip((first, second), scores, strict=True):
            if score is not None:
                rate(image, rater, (score, 3, 3))
    return images


def text_of(client: Client, address: str = PAGE) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def rows_of(page: str) -> list[str]:
    """Rows of the table of images."""
    table = page[page.index("Images with their scores") :]
    return re.findall(r"<tr>\s*<td>.*?</tr>", table, re.DOTALL)


def test_a_release_rests_on_raters_ratings_and_images(study: Study, rated: list[Stimulus]) -> None:
    found = collection_of(live_release(study))
    # Two, two and one rating of three images.
    assert (found.raters, found.ratings, found.images) == (2, 5, 3)
    assert (found.least, found.median, found.most) == (1, 2.0, 2)


def test_a_kept_release_rests_on_what_it_was_made_of(
    study: Study, rated: list[Stimulus], owner: User
) -> None:
    release = make_release(study, name="first", actor=owner)
    rate(rated[2], make_rater(study), (5, 5, 5))
    assert collection_of(release).ratings == 5
    assert collection_of(live_release(study)).ratings == 6
    report = report_of(release)
    assert (report.name, report.exclusions.raters) == ("first", None)


def test_excluded_raters_are_counted_if_they_had_answered(
    study: Study, rated: list[Stimulus]
) -> None:
    make_rater(study, status=Rater.Status.EXCLUDED)
    rate(rated[0], make_rater(study, status=Rater.Status.EXCLUDED), (1, 1, 1))
    report = report_of(live_release(study))
    assert (report.exclusions.raters, report.exclusions.images) == (1, 0)
    assert report.collection.raters == 2


def test_images_are_distributed_and_raters_disagree(study: Study, rated: list[Stimulus]) -> None:
    release, quality = live_release(study), study.perspectives.get(key="quality").pk
    found = distributions_of(release)[quality]
    # Means 2, 4.5 and 2: 2.8333.
    assert found.n == 3
    assert found.mean == pytest.approx(17 / 6)
    # Votes 1, 3: variance 2 at 2 (room 3); votes 4, 5: variance .5 at 4.5 (room 1.75).
    disagreement = disagreements_of(release)[quality]
    assert disagreement.a == pytest.approx((2 * 3 + 0.5 * 1.75) / (9 + 1.75**2))


def test_the_page_says_how_scores_were_made(
    console: Client, study: Study, rated: list[Stimulus]
) -> None:
    page = text_of(console)
    assert "Ratings: 5, by raters: 2, of images: 3. Each image has 1 to 2 ratings" in page
    assert "The opinion score of an image is the mean of its ratings." in page
    assert "ITU-T P.910 (2023), section 8" in page
    assert "2 raters gave 5 ratings of 3 images, 1 to 2 per image (median 2)." in page
    assert "@inproceedings{hossfeld2011sos," in page
    assert "3 images with a mean of 2.83" in page
    assert 'id="plot-distribution-quality"' in page
    assert 'id="plot-disagreement-quality"' in page
    assert "style=" not in page


def test_images_are_sorted_by_any_column(
    console: Client, study: Study, rated: list[Stimulus]
) -> None:
    def order(sort: str) -> list[int]:
        page = text_of(console, f"{PAGE}?sort={sort}&perspective=quality")
        links = [re.search(r"/images/(\d+)/", row) for row in rows_of(page)]
        return [[item.pk for item in rated].index(int(link[1])) for link in links if link]

    assert order("-score") == [1, 0, 2]
    assert order("score") == [0, 2, 1]
    assert order("n") == [2, 0, 1]
    assert order("-sd") == [0, 1, 2]
    assert order("sd") == [1, 0, 2]
    assert order("-width")[0] == 2  # one rating
    assert order("nonsense") == [1, 0, 2]


def test_a_row_shows_the_numbers_of_its_image(
    console: Client, study: Study, rated: list[Stimulus]
) -> None:
    row = rows_of(text_of(console))[0]
    # 4 and 5: mean 4.5, sd √.5.
    for number in (">4.50<", ">2<", ">0.71<"):
        assert number in row


def test_a_kept_release_is_shown_by_its_number(
    console: Client, study: Study, rated: list[Stimulus], owner: User
) -> None:
    release = make_release(study, name="with z-scores", method="zscore", actor=owner)
    page = text_of(console, f"{PAGE}?release={release.number}")
    assert "van Dijk" in page
    assert "Opinion score, −3–3" in page
    assert f"?release={release.number}" in page
    assert console.get(f"{PAGE}?release=99").status_code == 404
    assert console.get(f"{PAGE}?release=x").status_code == 404


def test_a_study_without_scores_gives_sentences(console: Client, study: Study) -> None:
    page = text_of(console)
    assert "No rating counts yet" in page
    assert "No image has a score from this perspective yet." in page
    page = text_of(console, f"{PAGE}?method=p910")
    assert "No image has a score by both methods." in page


@pytest.mark.parametrize("method", ["mos", "zscore", "bt500", "p910", "subject_map", "ordinal"])
def test_one_rating_is_enough_for_a_page(console: Client, study: Study, method: str) -> None:
    Study.objects.filter(pk=study.pk).update(opinion_method=method)
    rate(make_stimuli(study, 1)[0], make_rater(study), (4, 4, 4))
    page = text_of(console, f"{PAGE}?method=aigciqa2023")
    assert "1 rater gave 1 rating of 1 image." in page


def test_a_slider_has_no_picture_of_levels(console: Client, owner: User) -> None:
    study = make_study(owner, "fine", perspectives=default_perspectives(SLIDER100))
    image = make_stimuli(study, 1)[0]
    rate(image, make_rater(study), (40, 50, 60))
    page = text_of(console, "/studies/fine/results/")
    assert "plot-distribution-quality" in page
    assert "plot-disagreement" not in page


def test_plots_come_as_files(console: Client, study: Study, rated: list[Stimulus]) -> None:
    table = console.get(f"{PAGE}scores/plots/disagreement-quality.csv?raw=1").content.decode()
    assert table.splitlines() == ["mean,variance,images", "2.0,2.0,1", "4.5,0.5,1"]
    assert console.get(f"{PAGE}scores/plots/preview-quality.svg?method=p910").status_code == 200
    assert console.get(f"{PAGE}scores/plots/preview-quality.svg").status_code == 404


def test_a_preview_compares_both_methods_on_the_unit_scale(
    study: Study, rated: list[Stimulus]
) -> None:
    found = preview_method(study, "bias_removed")
    quality = found.parts[0]
    # Plain means 2, 4.5, 2 are .25, .875, .25. Biases: rater one is −1, −.5 and 0 from the means,
    # −.5; rater two 1 and .5, .75. Without them: (1.5 + 2.25)/2, (4.5 + 4.25)/2, 2.5, which are
    # .21875, .84375, .375.
    assert (found.old, found.new, found.ratings) == ("mos", "bias_removed", 5)
    assert {item.stimulus: item.old for item in quality.points} == {
        image.pk: old for image, old in zip(rated, (0.25, 0.875, 0.25), strict=True)
    }
    assert {item.stimulus: item.new for item in quality.points} == {
        image.pk: pytest.approx(new)
        for image, new in zip(rated, (0.21875, 0.84375, 0.375), strict=True)
    }
    assert quality.movers[0].stimulus == rated[2].pk
    assert quality.differences.largest_shift == pytest.approx(0.125)
    assert quality.differences.median_shift == pytest.approx(0.03125)
    # Nothing is changed.
    assert live_release(study).method == "mos"


def test_the_method_in_use_changes_nothing(study: Study, rated: list[Stimulus]) -> None:
    found = preview_method(study, "mos").parts[0]
    assert (found.differences.moved, found.movers, found.same_scale) == (0, (), True)
    assert found.differences.srcc == pytest.approx(1)


def test_a_large_study_is_previewed_by_a_worker(
    study: Study,
    rated: list[Stimulus],
    sent: Sent,
    console: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:
    live_release(study)
    monkeypatch.setattr(previewing, "QUICK_SECONDS", 0.0)
    monkeypatch.setattr(recomputing, "QUICK_SECONDS", 0.0)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert preview_for_readers(study, "zscore") is None
        assert "being computed in the background" in text_of(console, f"{PAGE}?method=zscore")
    assert sent == [(previewing.RENEW, (study.pk, "zscore", "{}"))]
    preview_task(study.pk, "zscore", "{}")
    known = preview_for_readers(study, "zscore")
    assert known is not None
    page = text_of(console, f"{PAGE}?method=zscore")
    assert "Largest movers" in page
    assert "another scale: −3–3 instead of 1–5" in page
    rate(rated[0], make_rater(study), (1, 1, 1))
    # Newer ratings: the last one is shown until a worker has made it again.
    again = preview_for_readers(study, "zscore")
    assert again is not None
    assert again.computed_at == known.computed_at


def test_a_method_is_chosen_with_one_button_and_written_down(
    console: Client, study: Study, rated: list[Stimulus]
) -> None:
    page = text_of(console, f"{PAGE}?method=p910")
    assert "Make opinion scores by this method" in page
    response = console.post(f"{PAGE}method/", {"method": "p910"}, follow=True)
    assert "Opinion scores are now made by: P.910" in response.content.decode()
    study.refresh_from_db()
    assert study.opinion_method == "p910"
    entry = AuditEntry.objects.get(study=study, action="study.changed")
    assert entry.detail["settings"] == ["opinion_method"]
    assert live_release(study).method == "p910"
    response = console.post(f"{PAGE}method/", {"method": "none"}, follow=True)
    assert "Choose a method." in response.content.decode()


def test_a_viewer_sees_scores_and_chooses_nothing(
    client: Client, study: Study, rated: list[Stimulus]
) -> None:
    viewer = make_user("viewer")
    make_member(study, viewer, MemberRole.VIEWER)
    client.force_login(viewer)
    page = text_of(client, f"{PAGE}?method=p910")
    assert "Another method" not in page
    assert client.post(f"{PAGE}method/", {"method": "p910"}).status_code == 403


def test_the_api_lists_methods_and_previews_one(
    console: Client, study: Study, rated: list[Stimulus]
) -> None:
    methods = console.get("/api/v1/studies/demo/opinion-methods/").json()
    by_name = {item["name"]: item for item in methods}
    assert by_name["subject_map"]["parameters"] == {"prior_votes": 10.0}
    assert [name for name, item in by_name.items() if item["in_use"]] == ["mos"]
    preview = "/api/v1/studies/demo/opinion-methods/{}/preview/"
    found = console.get(preview.format("bias_removed")).json()
    quality = found["perspectives"][0]
    assert (quality["images"], quality["movers"][0]["stimulus"]) == (3, rated[2].pk)
    authenticity = found["perspectives"][1]
    assert (authenticity["srcc"], authenticity["largest_shift"]) == (None, 0.0)
    wrong = console.get(preview.format("p910"), {"parameters": '{"speed": 1}'})
    assert wrong.status_code == 400
    assert console.get(preview.format("p910"), {"parameters": "["}).status_code == 400
    assert console.get(preview.format("none")).status_code == 404


def test_the_api_names_a_preview_that_is_none(console: Client, rated: list[Stimulus]) -> None:
    preview = "/api/v1/studies/demo/opinion-methods/{}/preview/"
    assert console.get(preview.format("loudest")).status_code == 404
    answer = console.get(preview.format("p910"), {"parameters": "[1]"})
    assert (answer.status_code, "a JSON object" in answer.content.decode()) == (400, True)
