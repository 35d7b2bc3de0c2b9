"""The paragraph and bibliography of a release, written out by hand."""

from dataclasses import replace
from datetime import date

import pytest

from annotation.opinion.methods import METHODS
from annotation.opinion.references import ACCOUNTS, P910, SUREAL, bibliography, cited
from annotation.opinion.reporting import (
    Collection,
    Exclusions,
    RatedScale,
    Report,
    bibtex,
    counted,
    listed,
    methods_paragraph,
)

LEVELS = ("Bad", "Poor", "Fair", "Good", "Excellent")
REPORT = Report(
    method="subject_map",
    version="1",
    parameters={"prior_votes": 10.0},
    collection=Collection(raters=24, ratings=6_010, images=2_000, least=2, median=3.0, most=5),
    scales=(
        RatedScale("Quality", 1, 5, 5, LEVELS, (1, 5)),
        RatedScale("Authenticity", 1, 5, 5, LEVELS, (1, 5)),
        RatedScale("Correspondence", 0, 100, 101, (), (0, 100)),
    ),
    exclusions=Exclusions(raters=2, images=1),
    weighed=False,
    day=date(2026, 11, 29),
)


def test_the_paragraph_says_who_rated_what_how_and_how_scores_were_made() -> None:
    assert methods_paragraph(REPORT) == (
        "24 raters gave 6,010 ratings of 2,000 images, 2 to 5 per image (median 3). "
        "Images were rated for quality and authenticity on a scale from 1 to 5 in 5 steps (Bad, "
        "Poor, Fair, Good, Excellent). "
        "Images were rated for correspondence on a scale from 0 to 100 in 101 steps. "
        "The ratings of 2 raters and 1 image that were excluded are not among these. "
        "The quality of each image and the bias and inconsistency of each rater were estimated "
        "together; priors, estimated from all raters, keep raters with few ratings near the "
        "others. Biases are removed, and consistent raters count for more (method subject_map, "
        "version 1; prior_votes = 10.0) (ITU-T P.910, 2023; Li et al., 2020; Gelman et al., "
        "2013). "
        "The 95% interval of a score takes the variance of single ratings as a function of the "
        "score that is fitted to all images, adjusted by the image’s own ratings; it stays on the "
        "scale and never has width 0 (Hoßfeld et al., 2011; Wilson, 1927). "
        "Scores were computed with MINT Workbench from the ratings of 2026-11-29."
    )


def test_rejected_raters_weights_another_scale_and_a_name_are_said() -> None:
    report = replace(
        REPORT,
        method="aigciqa2023",
        parameters={},
        collection=Collection(1, 1, 1, 1, 1.0, 1),
        scales=(RatedScale("Quality", 1, 5, 5, (), (0, 100)),),
        exclusions=Exclusions(rejected={"Quality": 1}),
        weighed=True,
        name="v1.0",
        digest="0123456789abcdef",
    )
    said = methods_paragraph(report)
    assert said.startswith("1 rater gave 1 rating of 1 image. Images were rated for quality")
    assert "The method rejected 1 rater for quality." in said
    assert "reliability rules weigh less" in said
    assert "The scores are on a scale from 0 to 100." in said
    assert said.endswith("2026-11-29 (release “v1.0”, SHA-256 0123456789ab).")


def test_without_ratings_there_is_nothing_to_report() -> None:
    nothing = replace(REPORT, collection=Collection(0, 0, 0, 0, 0.0, 0))
    assert methods_paragraph(nothing) == "There are no ratings yet."


def test_images_with_equally_many_ratings_have_one_number() -> None:
    even = replace(REPORT, collection=Collection(3, 12, 4, 3, 3.0, 3))
    assert methods_paragraph(even).startswith("3 raters gave 12 ratings of 4 images, 3 per image.")


def test_a_method_that_is_gone_is_named_all_the_same() -> None:
    said = methods_paragraph(replace(REPORT, method="old", parameters={}))
    assert "Opinion scores were made of the ratings (method old, version 1)." in said


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_words_and_a_reference(name: str) -> None:
    account = ACCOUNTS[name]
    assert account.words.endswith(".")
    assert account.references


def test_the_bibliography_has_what_the_paragraph_cites_once_each() -> None:
    found = bibtex(REPORT)
    assert [line for line in found.splitlines() if line.startswith("@")] == [
        "@techreport{itu-p910,",
        "@article{li2020simple,",
        "@book{gelman2013bayesian,",
        "@inproceedings{hossfeld2011sos,",
        "@article{wilson1927probable,",
    ]
    assert bibliography([SUREAL, SUREAL]).count("@misc") == 1
    # Braces pair off in each entry, or BibTeX reads on into the next one.
    for account in ACCOUNTS.values():
        for reference in account.references:
            entry = reference.bibtex()
            assert entry.count("{") == entry.count("}")


def test_an_entry_is_bibtex() -> None:
    assert P910.bibtex().splitlines() == [
        "@techreport{itu-p910,",
        "  author = {{ITU-T}},",
        "  title = {{Recommendation P.910: Subjective video quality assessment methods for "
        "multimedia applications}},",
        "  institution = {International Telecommunication Union},",
        "  year = {2023}",
        "}",
    ]


def test_lists_and_numbers_read_as_english() -> None:
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]
    assert (counted(1, "image"), counted(2000, "image")) == ("1 image", "2,000 images")
    assert cited([]) == ""
