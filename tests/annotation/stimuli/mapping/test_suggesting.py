"""What a header suggests."""

from typing import Any

import pytest

from annotation.stimuli.mapping.as_json import to_json
from annotation.stimuli.mapping.presets import preset
from annotation.stimuli.mapping.suggesting import suggest, unmapped_scores


def rows(header: list[str], *cells: Any) -> list[dict[str, Any]]:
    return [dict(zip(header, cells, strict=True))]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("name prompt adj1 adj2 style mos_quality std_quality mos_align std_align", "agiqa-3k"),
        ("Image Prompt MOS", "agiqa-1k"),
        ("image_name c1 c2 c3 c4 c5 c_total MOS SD MOS_zscore", "koniq-10k"),
        ("dist_img ref_img dmos var", "kadid-10k"),
    ],
)
def test_a_database_is_known_by_its_header(header: str, name: str) -> None:
    found = suggest(header.split(), [], source="x")
    assert (found.name, found.mapping) == (name, preset(name))


def test_a_manifest_is_known() -> None:
    header = ["Filename", "prompt", "generator", "mos_quality"]
    found = suggest(header, [], source="x", perspectives=["quality"])
    assert found.mapping.scores[0].mean == "mos_quality"


def test_pyiqa_s_meta_info_of_one_image() -> None:
    header = ["img_name", "mos", "std", "split", "c1"]
    found = suggest(header, rows(header, "1.jpg", 63.9, 12.5, "test", 3), source="koniq")
    document = to_json(found.mapping)
    assert document["name"] == {"column": "img_name"}
    assert document["split"]["words"]["test"] == "holdout"
    assert document["scores"] == [
        {
            "perspective": "overall",
            "mean": "mos",
            "sd": "std",
            "mos_range": [0, 100],
            "kind": "other",
        }
    ]
    assert found.missing == ("generator", "prompt")
    assert unmapped_scores(header, rows(header, "1.jpg", 1, 1, "", 3), found.mapping) == ["c1"]


def test_pyiqa_s_meta_info_of_pairs_is_better_the_lower() -> None:
    header = ["ref_name", "dist_name", "dmos"]
    found = suggest(header, rows(header, "1600.png", "1600.AWGN.1.png", "0.062"), source="csiq")
    document = to_json(found.mapping)
    assert (document["name"], document["group"]) == (
        {"column": "dist_name"},
        {"column": "ref_name"},
    )
    (score,) = document["scores"]
    assert (score["mos_range"], score["lower_better"], score["kind"]) == ([0, 1], True, "dmos")


def test_scores_of_perspectives_have_their_own_spread() -> None:
    header = ["file", "text", "model", "mos_beauty", "sd_beauty", "n", "mos_align", "note"]
    cells = ("a", "x", "m", "4.5", "0.5", "20", "1.0", "MOS")
    found = suggest(header, rows(header, *cells), source="s")
    assert [
        (item.perspective, item.mean, item.sd, item.raters, item.source.maximum)
        for item in found.mapping.scores
    ] == [
        ("beauty", "mos_beauty", "sd_beauty", "n", 5),
        ("correspondence", "mos_align", "", "n", 1),
    ]
    assert found.missing == ()


@pytest.mark.parametrize(
    ("header", "texts", "scores"),
    [
        (
            "Image Name;Prompt text;Model;MOS (1-5);Std. Dev.;# Raters",
            ("Image Name", "Prompt text", "Model"),
            [("overall", "MOS (1-5)", "Std. Dev.", "# Raters", "other")],
        ),
        (
            "img;caption;t2i_model;quality_mos;quality_std;align_mos;align_std",
            ("img", "caption", "t2i_model"),
            [
                ("quality", "quality_mos", "quality_std", "", "other"),
                ("correspondence", "align_mos", "align_std", "", "other"),
            ],
        ),
        (
            "imageName;prompt;generator;meanScore;stdDev",
            ("imageName", "prompt", "generator"),
            [("overall", "meanScore", "stdDev", "", "other")],
        ),
        (
            "图片;提示词;模型;MOSz",
            ("图片", "提示词", "模型"),
            [("overall", "MOSz", "", "", "z_score")],
        ),
    ],
)
def test_names_are_known_however_they_are_written(
    header: str, texts: tuple[str, ...], scores: list[tuple[str, ...]]
) -> None:
    names = header.split(";")
    found = suggest(names, rows(names, "a.png", "p", "m", *["2.5"] * (len(names) - 3)), source="s")
    document = to_json(found.mapping)
    columns = tuple(document[field]["column"] for field in ("name", "prompt", "generator"))
    assert (columns, found.missing) == (texts, ())
    fields = ("perspective", "mean", "sd", "raters", "kind")
    told = [tuple(score.get(field, "") for field in fields) for score in document["scores"]]
    assert told == scores


@pytest.mark.parametrize("name", ["overall", "Perceptual quality", "gtScore", "MOS-2", "质量分"])
def test_a_score_that_is_not_mapped_is_named_however_it_is_written(name: str) -> None:
    header = ["filename", "prompt", "generator", name]
    mapping = suggest(header, [], source="s", perspectives=["quality"]).mapping
    assert unmapped_scores(header, rows(header, "a.png", "p", "m", 2.5), mapping) == [name]


def test_columns_that_look_like_scores_hold_numbers() -> None:
    header = ["name", "dmos", "quality", "SD", "style", "score_text", "aesthetic score"]
    mapping = preset("spaq")
    cells = ("a", "3", "4.5", "0.1", "7", "good", "5")
    found = unmapped_scores(header, rows(header, *cells), mapping)
    assert found == ["dmos", "quality", "SD", "aesthetic score"]
