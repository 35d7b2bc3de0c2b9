"""The document: what it may say, and what is said of one that is wrong."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from annotation.stimuli.mapping.as_json import from_json, read_mapping, to_json
from annotation.stimuli.mapping.document import on_scale
from annotation.stimuli.mapping.errors import MappingError
from annotation.stimuli.mapping.own import manifest_mapping, renamed
from annotation.stimuli.mapping.presets import preset, preset_names
from annotation.stimuli.mapping.scores import refuse_two_scales
from workbench.core.problems import Problem

GOOD: dict[str, Any] = {
    "version": 1,
    "source": "a",
    "name": {"column": "image"},
    "prompt": {"column": "text"},
    "generator": {"column": "image", "pattern": "^(?P<generator>[a-z]+)"},
    "scores": [
        {"perspective": "quality", "mean": "mos", "sd": "std", "mos_range": [1, 5]},
        {"perspective": "quality", "mean": "z", "source": "z", "mos_range": [0, 100]},
    ],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good document with one part of another value, or without it."""
    document = deepcopy(GOOD)
    *parents, last = [int(key) if key.isdecimal() else key for key in path.split(".")]
    place: Any = document
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


@pytest.mark.parametrize("name", preset_names())
def test_documents_are_read_as_they_are_written(name: str) -> None:
    assert from_json(to_json(preset(name))) == preset(name)


def test_the_manifest_is_a_document_too() -> None:
    mapping = renamed(manifest_mapping(["quality"]), {"prompt": "text"}, {"generator": "G"})
    assert from_json(json.loads(json.dumps(to_json(mapping)))) == mapping
    assert mapping.required == ("filename", "text")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], 'document is "\\[\\]"; expected is a JSON object'),
        (changed("version", 2), 'version is "2"; expected is 1'),
        (changed("source", None), "has no source"),
        (changed("name", None), "has no name"),
        (changed("nmae", {"column": "x"}), "unknown part nmae; known are version, source, name"),
        (changed("name", {"column": "x", "value": "y"}), "expected is a column, or a value"),
        (changed("name", {"colunm": "x"}), r"unknown part name\.colunm"),
        (changed("generator.pattern", "("), r"generator\.pattern is \"\(\"; .*regular expression"),
        (changed("generator.pattern", "x"), r"with a group \(\?P<generator>…\)"),
        (changed("group", {"column": "x"}), "has a prompt and a group"),
        (changed("scores.0.mos_range", [5, 1]), r"scores\[0\]\.mos_range is .*\[lowest, highest\]"),
        (changed("scores.0.mos_range", [0, True]), "expected is a number"),
        (changed("scores.0.kind", "mean"), r"scores\[0\]\.kind .*acr_mean, z_score, dmos, elo"),
        (changed("scores.0.mean", None), r"has no scores\[0\]\.mean"),
        (changed("scores.0.variance", "v"), "sd, variance"),
        (changed("scores.0.raters", 0), r"scores\[0\]\.raters is \"0\""),
        (changed("scores.0.counts", ["c1"]), "two columns or more"),
        (changed("scores.1.source", "a"), "have different scales"),
        (changed("scores.0.mean", "x" * 301), "at most 300 characters"),
        (changed("files", [{"file": "../x"}]), "the name of a file"),
        (changed("files", [{}]), "a file, or a given column"),
        (changed("join", "column"), "by is"),
        (changed("scores", {}), r"scores is .*a list of at most"),
        (changed("source", "x" * 250), r"source is .*a text of at most"),
        (changed("scores.0.lower_better", 1), "true or false"),
        (changed("files", [{"file": "a.csv", "rename": []}]), "an object of texts"),
        (changed("name", {"column": "x", "template": "y"}), r"a text with \{\}"),
        (changed("files", [{"given": []}]), "an object of lists"),
        (changed("files", [{"given": {"a": []}}]), r"given\.a is .*a list of at most"),
        ({**GOOD, "scores": [GOOD["scores"][0]] * 2}, "one score of a perspective and a source"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(document: Any, message: str) -> None:
    with pytest.raises(Problem, match=message):
        from_json(document)


def test_a_file_that_is_no_mapping_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text("{")
    with pytest.raises(MappingError, match=r"m\.json is .*expected is a JSON object"):
        read_mapping(tmp_path / "m.json")
    (tmp_path / "m.json").write_text(json.dumps(GOOD))
    assert read_mapping(tmp_path / "m.json").sources[1].maximum == 100
    with pytest.raises(MappingError, match='there is no mapping "nothing"; there are agiqa-1k'):
        preset("nothing")


def test_a_mapping_is_fitted_to_the_study() -> None:
    agiqa = preset("agiqa-3k")
    kept, left = agiqa.of_study(["quality", "beauty"])
    assert [item.mean for item in kept.scores] == ["mos_quality"]
    assert [item.mean for item in left] == ["mos_align"]
    with pytest.raises(MappingError, match="about quality, correspondence, the study asks for b"):
        agiqa.of_study(["beauty"])
    named = agiqa.with_perspectives({"correspondence": "beauty"})
    assert named.of_study(["beauty"])[0].scores[0].mean == "mos_align"
    with pytest.raises(MappingError, match='no scores about "x"; it has correspondence, quality'):
        agiqa.with_perspectives({"x": "beauty"})
    overall, _left = preset("spaq").of_study(["beauty"])
    assert overall.scores[0].perspective == "beauty"
    with pytest.raises(MappingError, match="about overall"):
        preset("spaq").of_study(["beauty", "quality"])


def test_a_scale_is_given_for_all_scores() -> None:
    (source,) = on_scale(preset("agiqa-3k"), source="b", maximum=10, direction="lower").sources
    assert (source.name, source.maximum, source.direction) == ("b", 10, "lower")
    assert source.score_kind == "z_score"
    refuse_two_scales(preset("agiqa-3k").scores)


@pytest.mark.parametrize(
    ("columns", "constants"),
    [({"mos_quality": "x"}, {}), ({}, {"filename": "x"}), ({"prompt": "x" * 301}, {})],
)
def test_what_is_no_column_of_a_manifest_is_refused(
    columns: dict[str, str], constants: dict[str, str]
) -> None:
    with pytest.raises(MappingError):
        renamed(manifest_mapping(["quality"]), columns, constants)
