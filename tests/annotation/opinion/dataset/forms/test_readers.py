"""Forms as their own programs read them."""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.annotation.opinion.export.formats.records import UNPREDICTED
from tests.readers import require_reader

from .made_up import image, rated, reason, score, tables, written

#: What a model expects.
EXPECTED = {**UNPREDICTED, "predicted": 2.75}


def made(**fields: Any) -> dict[str, bytes]:
    """Two images in the pool, the second one without a score, one in the hold-out."""
    images = [
        image(0, {"quality": rated(3.5, sd=None)}),
        image(1, prompt="c", predicted={"quality": EXPECTED}, predicted_by="mint 3"),
        image(2, {"quality": rated(2.0), "authenticity": rated(4.0)}, prompt="b", split="holdout"),
    ]
    scores = [
        score(0, "r-1", 3.5),
        score(2, "r-1", 1.0),
        score(2, "r-1", 4.0, perspective="authenticity"),
        score(2, "r-22", 3.0, shown_ms=None),
        score(2, "r-333", 5.0, counts=False),
    ]
    reasons = [
        reason(0, "r-1", 3.5, phrases={"quality_clarity": 3}, text="clear, 清楚"),
        reason(2, "r-22", 3.0, phrases={"quality_detail": 2}),
    ]
    return written(tables(images, scores, reasons), **fields)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, data in made().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return tmp_path / "forms"


def test_pandas_reads_what_pyiqa_takes(folder: Path) -> None:
    pandas = import_module("pandas")
    options = yaml.safe_load((folder / "pyiqa" / "quality.yml").read_text())
    assert (options["mos_range"], options["lower_better"]) == ([1.0, 5.0], False)
    table = pandas.read_csv(folder.parent / options["meta_info_file"])
    # Its dataset takes the first two columns, and a split by the name of its column.
    assert [row[:2] for row in table.values.tolist()] == [
        [f"pool/{0:064x}.png", 3.5],
        [f"holdout/{2:064x}.png", 2.0],
    ]
    assert table[options["split_index"]].tolist() == ["train", "test"]
    assert [name for name in table.columns if "split" in name] == ["official_split"]
    assert table["std"].isna().tolist() == [True, False]
    assert not (folder / "pyiqa" / "correspondence.yml").exists()


def test_single_scores_are_by_rater_and_prompt(folder: Path) -> None:
    found = json.loads((folder / "sureal" / "quality.json").read_text())
    assert [video["os"] for video in found["dis_videos"]] == [
        {"r-1": 3.5},
        {"r-1": 1.0, "r-22": 3.0},
    ]
    assert [video["content_id"] for video in found["dis_videos"]] == [0, 1]
    assert found["ref_videos"][1] == {"content_id": 1, "content_name": "b", "path": ""}
    assert found["about"]["scales"]["quality"]["maximum"] == 5.0


def test_sureal_reads_its_dataset(folder: Path) -> None:
    reading = require_reader("sureal.dataset_reader")
    models = require_reader("sureal.subjective_model")
    files = require_reader("sureal.tools.misc")
    found = files.import_json_file(str(folder / "sureal" / "quality.json"))
    reader = reading.RawDatasetReader(found)
    assert (reader.num_observers, reader.num_dis_videos, reader.max_repetitions) == (2, 2, 1)
    assert reader.disvideo_is_refvideo == [False, False]
    assert models.MosModel(reader).run_modeling()["quality_scores"] == [3.5, 2.0]


def test_tasks_have_a_number_for_each_score_that_counts(folder: Path) -> None:
    tasks = json.loads((folder / "label-studio" / "tasks.json").read_text())
    assert [len(task["annotations"]) for task in tasks] == [1, 0, 2]
    (result, rater) = tasks[0]["annotations"][0]["result"]
    assert result["type"] == "number"
    assert (result["from_name"], result["value"]) == ("score_quality", {"number": 3.5})
    assert rater["value"] == {"text": ["r-1"]}
    (predicted,) = tasks[1]["predictions"]
    assert predicted["model_version"] == "mint 3"
    assert [item["value"] for item in predicted["result"]] == [{"number": 2.75}]
    assert [item["value"]["number"] for item in tasks[2]["predictions"][0]["result"]] == [2.0, 4.0]
    assert tasks[0]["data"]["image"] == f"/data/local-files/?d=demo-3.0.0/pool/{0:064x}.png"
    # No key of the data is a control's name.
    results = [item for one in tasks[2]["annotations"] for item in one["result"]]
    assert not {item["from_name"] for item in results} & set(tasks[0]["data"])


def test_label_studio_s_converter_reads_them(folder: Path, tmp_path: Path) -> None:
    converter = require_reader("label_studio_sdk.converter")
    interfaces = require_reader("label_studio_sdk.label_interface")
    pandas = import_module("pandas")
    config = (folder / "label-studio" / "interface.xml").read_text()
    interface = interfaces.LabelInterface(config)
    interface.validate()
    tasks = json.loads((folder / "label-studio" / "tasks.json").read_text())
    for task in tasks:
        assert all(map(interface.validate_annotation, task["annotations"]))
        assert all(map(interface.validate_prediction, task["predictions"]))
    source = str(folder / "label-studio" / "tasks.json")
    made = converter.Converter(config, str(tmp_path), download_resources=False)
    made.convert(source, str(tmp_path / "out"), "CSV", is_dir=False, sep=",")
    table = pandas.read_csv(next((tmp_path / "out").glob("*.csv"))).sort_values("annotation_id")
    # findings/label-studio-csv-wraps-numbers.sh
    cells = [json.loads(cell) for cell in table["score_quality"].dropna()]
    assert cells == [[{"number": 3.5}], [{"number": 1.0}], [{"number": 3.0}]]
    assert table["rater_code"].dropna().tolist() == ["r-1", "r-1", "r-22"]


def test_datasets_reads_pairs_with_whose_words_they_are(folder: Path, tmp_path: Path) -> None:
    datasets = import_module("datasets")
    files = {split: str(folder / "chat" / f"{split}.jsonl") for split in ("pool", "holdout")}
    found = datasets.load_dataset("json", data_files=files, cache_dir=str(tmp_path / "cache"))
    (pair,) = list(found["pool"])
    assert pair["image"] == f"pool/{0:064x}.png"
    assert [turn["value"] for turn in pair["conversations"]] == [
        "<image>\nWhat is the quality of the image?",
        "The image quality is essentially clear. clear, 清楚.",
    ]
    assert (pair["perspective"], pair["rater"]) == ("quality", "r-1")
    assert found["holdout"]["rater"] == ["r-22"]


#: The lines for Python in the documentation's table of forms.
LOADS = re.findall(
    r"^\| `\w.*? \| `(\w[^`]+)` \| `[^`]+` \| `[^`]+` \|$",
    Path("docs/exporting.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


@pytest.mark.parametrize("line", LOADS)
def test_the_documentation_s_lines_load(
    line: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(folder / "cache"))
    names = {name: import_module(name) for name in ("datasets", "json", "pandas", "scipy.io")}
    assert len(eval(line, {**names, "scipy": import_module("scipy")}))


def test_the_documentation_has_lines_for_the_forms() -> None:
    assert len(LOADS) == 8
