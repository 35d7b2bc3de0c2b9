"""The pages of results about agreement and raters; figures by hand."""

import csv
import re

import pytest
from django.core.cache import cache
from django.test import Client

from annotation.models import Rater, Stimulus, Study, Trial
from annotation.models.membership import MemberRole
from annotation.opinion.pages import raters as page_of_raters
from annotation.opinion.panel import selectors
from annotation.raters.services import set_rater_status
from tests.annotation.opinion.panel.rated import rate_table
from tests.annotation.opinion.panel.test_results import KRIPPENDORFF
from tests.factories import make_member, make_stimuli, make_user
from workbench.accounts.models import User

AGREEMENT, RATERS = "/studies/demo/results/agreement/", "/studies/demo/results/raters/"
#: Of one image the first rater's score is far above, of the other far below: the mean is 2.7, the
#: standard deviation √(10.1 / 9) = 1.06, the kurtosis 3.64, and 2.3 is more than twice 1.06; the
#: second rater's 1.7 is not.
FAR = (5, 1, 2, 2, 2, 3, 3, 3, 3, 3)
TABLE = [(score, 6 - score) for score in FAR]


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    cache.clear()
    client.force_login(owner)
    return client


def texts(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def shown(client: Client, address: str, **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return texts(response.content.decode())


def codes(client: Client, **query: str) -> list[str]:
    page = client.get(RATERS, query).content.decode()
    body = page[page.index('aria-labelledby="raters-title"') : page.index("exclusions-title")]
    return re.findall(r"<code>(\w+)</code>", body)


def test_figures_are_shown_with_what_they_mean(console: Client, study: Study) -> None:
    rate_table(study, KRIPPENDORFF)
    page = shown(console, AGREEMENT)
    assert re.search(r"Krippendorff’s α, ordinal The same by the order[^.]*\. 0.815", page)
    assert re.search(r"Krippendorff’s α, interval Agreement [^.]*\. 0.849", page)
    assert "Single ratings are reliable" in page
    assert "41 ratings of 12 images by 4 raters" in page
    # No model has set priorities, as the leaderboard says, too.
    assert "41 drawn at random. All are random draws: a sample of the study’s images." in page
    # Without repeats, what a retest needs.
    assert "Needs three hidden repeats or more" in page


def test_what_a_model_chose_is_no_sample(console: Client, study: Study) -> None:
    _raters, stimuli = rate_table(study, KRIPPENDORFF)
    Stimulus.objects.filter(pk=stimuli[0].pk).update(priority=0.5)
    page = shown(console, AGREEMENT)
    assert "41 chosen by priority. None is a random draw" in page


def test_random_draws_can_be_looked_at_alone(console: Client, study: Study) -> None:
    _raters, stimuli = rate_table(study, KRIPPENDORFF)
    Stimulus.objects.filter(pk=stimuli[0].pk).update(priority=0.5)
    Trial.objects.filter(stimulus__in=stimuli[:6]).update(draw="holdout")
    assert "are a sample of the study’s images; what is chosen by priority is not" in shown(
        console, AGREEMENT
    )
    # Six images with 4, 4, 4, 4, 4 and 4 ratings, less the third rater's first.
    assert "23 ratings of 6 images by 4 raters" in shown(console, AGREEMENT, draws="sample")


def test_figures_can_be_taken_away(console: Client, study: Study) -> None:
    rate_table(study, KRIPPENDORFF)
    table = console.get(f"{AGREEMENT}plots/reliability.csv", {"raw": "1"}).content.decode()
    rows = {(row["figure"], row["perspective"]): row for row in csv.DictReader(table.splitlines())}
    row = rows["Krippendorff’s α, ordinal", "Quality"]
    assert float(row["value"]) == pytest.approx(0.815388, abs=1e-6)
    drawn = console.get(f"{AGREEMENT}plots/half_widths.svg")
    assert drawn.status_code == 200
    assert drawn.content.startswith(b"<svg")


def test_scripts_get_the_same_figures(console: Client, study: Study) -> None:
    rate_table(study, KRIPPENDORFF)
    found = console.get("/api/v1/studies/demo/agreement/").json()
    figures = {item["name"]: item for item in found["perspectives"][0]["figures"]}
    assert figures["alpha_ordinal"]["value"] == pytest.approx(0.815388, abs=1e-6)
    assert figures["retest"]["value"] is None
    assert figures["retest"]["missing"]
    assert found["draws"] == {"priority": 41}


def test_an_agreement_that_is_computed_says_so(
    console: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "FEW_RATINGS", 3)
    rate_table(study, KRIPPENDORFF)
    assert "Agreement is being computed" in shown(console, AGREEMENT)
    assert "are being computed; reload" in shown(console, RATERS)
    assert console.get("/api/v1/studies/demo/agreement/").json()["computed_at"] is None


def test_screening_is_told_with_its_numbers(console: Client, study: Study) -> None:
    rate_table(study, TABLE)
    page = shown(console, RATERS)
    # P = 1 and Q = 1 of 2: more than 5 %, and as many above as below.
    assert "Would be rejected 1 above, 1 below of 2" in page
    assert page.count("Would be kept 0 above, 0 below of 2") == 9
    assert "does not model raters" in page


def test_bias_is_shown_of_a_method_that_has_it(console: Client, study: Study) -> None:
    study.opinion_method = "bt500"
    study.save()
    rate_table(study, TABLE)
    page = shown(console, RATERS)
    # 5 − 2.7 and 1 − 3.3: no bias, and 2.3 √2 of scatter.
    assert "RATER0 2 0.00 3.25 Rejected Would be rejected" in page
    assert "More than 5 % of their scores are far" in page


def test_raters_are_sorted_and_paged(
    console: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_raters, "_PER_PAGE", 4)
    rate_table(study, TABLE)
    assert codes(console)[:4] == ["RATER0", "RATER1", "RATER2", "RATER3"]
    assert codes(console, sort="-far")[0] == "RATER0"
    assert codes(console, sort="-code", page="3")[:2] == ["RATER1", "RATER0"]
    assert codes(console, sort="nonsense")[0] == "RATER0"


def test_exclusions_say_by_whom_and_why(console: Client, study: Study, owner: User) -> None:
    raters, _stimuli = rate_table(study, TABLE)
    assert "Nobody has been excluded." in shown(console, RATERS)
    set_rater_status(rater=raters[0], actor=owner, status="excluded", reason="Asleep")
    page = shown(console, RATERS)
    assert re.search(r"RATER0 Excluded owner Asleep", page)
    # Their ratings count no more, and they are still in the table.
    assert "RATER0 Excluded 2 – – – –" in page


def test_viewers_read_the_page_without_links_to_raters(
    client: Client, study: Study, owner: User
) -> None:
    rate_table(study, TABLE)
    viewer = make_user("viewer")
    make_member(study, viewer, MemberRole.VIEWER)
    client.force_login(viewer)
    assert "RATER0" in client.get(RATERS).content.decode()
    assert "/raters/RATER0/" not in client.get(RATERS).content.decode()
    client.force_login(owner)
    assert "/raters/RATER0/" in client.get(RATERS).content.decode()


def test_the_table_is_a_file_too(console: Client, study: Study) -> None:
    rate_table(study, TABLE)
    lines = console.get(f"{RATERS[:-1]}.csv", {"raw": "1"}).content.decode().splitlines()
    assert len(lines) == 1 + 3 * 10
    assert lines[0].startswith("perspective,rater,status,ratings,bias,inconsistency,estimated_by")
    first = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert first["rater"] == "RATER0"
    assert (first["bt500_above"], first["bt500_below"], first["bt500_rejected"]) == (
        "1",
        "1",
        "yes",
    )
    assert first["estimated_by"] == "subject_map"
    marks = console.get(f"{RATERS}plots/bias.csv", {"raw": "1"}).content.decode().splitlines()
    assert len(marks) == 1 + 10


@pytest.mark.parametrize("method", ["mos", "zscore", "subject_map"])
@pytest.mark.parametrize("table", [((3,),), ((3, 4),), ((3,), (4,))])
def test_little_data_is_a_sentence_and_no_error(
    console: Client, study: Study, method: str, table: tuple[tuple[float, ...], ...]
) -> None:
    study.opinion_method = method
    study.save()
    rate_table(study, table)
    for address in (AGREEMENT, RATERS):
        assert shown(console, address)
    for plot in ("agreement/plots/reliability", "raters/plots/bias"):
        assert console.get(f"/studies/demo/results/{plot}.csv").status_code == 200


def test_nothing_yet_is_a_sentence(console: Client, study: Study) -> None:
    make_stimuli(study, 1)
    assert "No rating counts yet" in shown(console, AGREEMENT)
    assert "Nobody has rated yet" in shown(console, RATERS)
    assert Rater.objects.count() == 0
