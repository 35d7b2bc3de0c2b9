"""The layouts of databases. AGIQA-3K and AIGCIQA2023+ are read from the released files; of the
others a few rows are written here in the layout that their preset expects."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from scipy.io import savemat

from annotation.stimuli.importing.manifest import Manifest, ManifestRow, read_manifest
from annotation.stimuli.mapping.presets import preset
from tests.shared_data import require_shared
from workbench.core.tables import TableError


def read(name: str, path: Path, perspectives: tuple[str, ...] = ("quality",)) -> Manifest:
    manifest = read_manifest(path, perspectives=perspectives, mapping=preset(name))
    assert [error.message for error in manifest.errors] == []
    return manifest


def facts(row: ManifestRow) -> tuple[Any, ...]:
    return row.filename, row.prompt, row.generator


def scores(row: ManifestRow) -> list[tuple[Any, ...]]:
    return [(item.perspective, item.mos, item.sd, item.raters) for item in row.scores]


def write_book(path: Path, rows: Sequence[Any]) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_agiqa_3k_as_it_is() -> None:
    path = require_shared("data/agiqa3k/data.csv")
    with path.open(encoding="utf-8") as file:
        released = list(csv.DictReader(file))
    manifest = read("agiqa-3k", path, ("quality", "correspondence"))
    assert len(manifest.rows) == len(released) == 2982
    for row, its in zip(manifest.rows, released, strict=True):
        assert scores(row) == [
            ("quality", float(its["mos_quality"]), float(its["std_quality"]), None),
            ("correspondence", float(its["mos_align"]), float(its["std_align"]), None),
        ]
    generators = {row.generator for row in manifest.rows}
    assert generators == {"AttnGAN", "DALLE2", "glide", "midjourney", "sd1.5", "xl2.2"}
    assert facts(manifest.rows[0]) == ("AttnGAN_normal_000.jpg", "statue of a man", "AttnGAN")
    assert not any(key.startswith(("mos", "std")) for row in manifest.rows for key in row.metadata)
    assert manifest.remarks == []
    (source,) = manifest.sources
    assert (source.name, source.minimum, source.maximum) == ("AGIQA-3K", 0, 5)


def test_scores_that_the_study_does_not_ask_for_are_named() -> None:
    manifest = read("agiqa-3k", require_shared("data/agiqa3k/data.csv"))
    (remark,) = manifest.remarks
    assert "look like scores but are not mapped: mos_align, std_align." in remark.sentence()


def test_aigciqa2023_plus_as_it_is() -> None:
    folder = require_shared("data/aigciqa2023plus")
    keys = ("quality", "authenticity", "correspondence")
    manifest = read("aigciqa2023plus", folder, keys)
    assert len(manifest.rows) == 2400
    first, last = manifest.rows[0], manifest.rows[-1]
    assert facts(first) == ("0.png", "a corgi", "Controlnet")
    assert last.generator == "Unidiffuser"
    assert [score.mos for score in first.scores] == [
        0.601641784272688,
        0.47246540868962694,
        0.599858733492637,
    ]
    assert {score.raters for row in manifest.rows for score in row.scores} == {28}


def test_aigciqa2023_in_matlab(tmp_path: Path) -> None:
    """400 images per generator, 4 per prompt: image 1603 is the fourth of the first prompt of the
    fifth generator."""
    mos = np.linspace(20, 80, 2400).reshape(-1, 1)
    (tmp_path / "DATA").mkdir()
    for number in (1, 2, 3):
        savemat(tmp_path / "DATA" / f"mosz{number}.mat", {"MOSz": mos + number})
        savemat(tmp_path / "DATA" / f"SD{number}.mat", {"SD": mos / 100})
    write_book(tmp_path / "AIGC_prompt.xlsx", [[f"prompt {number}"] for number in range(100)])
    manifest = read("aigciqa2023", tmp_path, ("quality", "authenticity", "correspondence"))
    row = manifest.rows[1603]
    assert facts(row) == ("1603.png", "prompt 0", "stable-diffusion")
    assert facts(manifest.rows[2399]) == ("2399.png", "prompt 99", "Unidiffuser")
    assert [score.mos for score in row.scores] == [float(mos[1603, 0]) + n for n in (1, 2, 3)]
    assert row.metadata["sd_quality"] == float(mos[1603, 0]) / 100
    assert manifest.remarks == []


def test_agiqa_1k(tmp_path: Path) -> None:
    rows = [["Image", "Prompt", "MOS"], ["deepai_0_1_2.png", "bird, driving", 3.25]]
    write_book(tmp_path / "AIGC_MOS_Zscore.xlsx", rows)
    (row,) = read("agiqa-1k", tmp_path / "AIGC_MOS_Zscore.xlsx").rows
    assert facts(row) == ("deepai_0_1_2.png", "bird, driving", "deepai")
    assert scores(row) == [("quality", 3.25, None, None)]


def test_aigiqa_20k_keeps_the_official_split(tmp_path: Path) -> None:
    (tmp_path / "info_train.csv").write_text("name,prompt,mos\nSDXL_1.png,a cat,3.5\n")
    (tmp_path / "info_test.csv").write_text("name,prompt\nSDXL_2.png,a dog\n")
    first, second = read("aigiqa-20k", tmp_path).rows
    assert (facts(first), first.split) == (("SDXL_1.png", "a cat", "SDXL"), "pool")
    assert (second.split, second.scores, second.row) == ("holdout", (), 2)
    assert scores(first) == [("quality", 3.5, None, None)]


KONIQ = """"image_name","c1","c2","c3","c4","c5","c_total","MOS","SD","MOS_zscore"
"1.jpg",0,0,25,73,7,105,3.828571428571428,0.527277894400183,77.3
"""


def test_koniq_10k_counts_give_the_spread(tmp_path: Path) -> None:
    (tmp_path / "k.csv").write_text(KONIQ)
    manifest = read("koniq-10k", tmp_path / "k.csv")
    (score,) = manifest.rows[0].scores
    assert (score.mos, score.raters, score.counts) == (3.828571428571428, 105, (0, 0, 25, 73, 7))
    # By `statistics.stdev` of the 105 votes.
    assert score.sd == pytest.approx(0.5272778944, abs=1e-9)
    assert manifest.rows[0].metadata == {"SD": "0.527277894400183", "MOS_zscore": "77.3"}
    assert manifest.remarks == []


def test_kadid_10k_is_better_the_higher(tmp_path: Path) -> None:
    (tmp_path / "dmos.csv").write_text(
        "dist_img,ref_img,dmos,var\nI01_07_03.png,I01.png,4.57,0.496\n"
    )
    manifest = read("kadid-10k", tmp_path / "dmos.csv")
    assert facts(manifest.rows[0]) == ("I01_07_03.png", "I01.png", "distortion 07")
    assert scores(manifest.rows[0]) == [("quality", 4.57, 0.496, None)]
    assert manifest.sources[0].direction == "higher"


def test_spaq(tmp_path: Path) -> None:
    header = ["Image name", "MOS", "Brightness", "Colorfulness"]
    write_book(tmp_path / "s.xlsx", [header, ["00001.jpg", 42.5, 50, 60]])
    (row,) = read("spaq", tmp_path / "s.xlsx").rows
    assert (row.filename, scores(row)) == ("00001.jpg", [("quality", 42.5, None, None)])
    assert row.metadata == {"Brightness": "50", "Colorfulness": "60"}


def test_tid2013_joins_two_files_by_line(tmp_path: Path) -> None:
    (tmp_path / "mos_with_names.txt").write_text("5.51429 I01_01_1.bmp\n5.56757 i25_24_5.bmp\n")
    (tmp_path / "mos_std.txt").write_text("0.13013\n0.16533\n")
    first, second = read("tid2013", tmp_path).rows
    assert facts(first) == ("I01_01_1.bmp", "I01", "distortion 01")
    assert facts(second) == ("i25_24_5.bmp", "i25", "distortion 24")
    assert scores(second) == [("quality", 5.56757, 0.16533, None)]
    (tmp_path / "mos_std.txt").write_text("0.13013\n")
    with pytest.raises(TableError, match=r"mos_std\.txt has 1 rows, mos_with_names\.txt has more"):
        read("tid2013", tmp_path)


def test_csiq_is_better_the_lower(tmp_path: Path) -> None:
    (tmp_path / "csiq_label.txt").write_text("1600.AWGN.1.png 0.062\nlake.BLUR.5 0.9\n")
    manifest = read("csiq", tmp_path / "csiq_label.txt")
    assert [facts(row) for row in manifest.rows] == [
        ("1600.AWGN.1.png", "1600", "AWGN"),
        ("lake.BLUR.5.png", "lake", "BLUR"),
    ]
    assert (manifest.sources[0].direction, manifest.sources[0].score_kind) == ("lower", "dmos")


def test_pipal_is_a_folder_of_files(tmp_path: Path) -> None:
    for number in (2, 1):
        text = f"A000{number}_00_0{number}.bmp,1523.7\n"
        (tmp_path / f"A000{number}.txt").write_text(text)
    manifest = read("pipal", tmp_path)
    assert [facts(row) for row in manifest.rows] == [
        ("A0001_00_01.bmp", "A0001", "distortion 00"),
        ("A0002_00_02.bmp", "A0002", "distortion 00"),
    ]
    assert manifest.sources[0].score_kind == "elo"


def test_evalmi_50k_is_read_line_by_line(tmp_path: Path) -> None:
    for name, line in (("imgnames", "SDXL/1.png"), ("prompts", "a cat, a dog"), ("mos1", "61.5")):
        (tmp_path / f"{name}.txt").write_text(f"{line}\n")
    (row,) = read("evalmi-50k", tmp_path).rows
    assert facts(row) == ("SDXL/1.png", "a cat, a dog", "SDXL")
    assert scores(row) == [("quality", 61.5, None, None)]
    (tmp_path / "mos1.txt").unlink()
    with pytest.raises(TableError, match=r'there is no file "mos1\.txt"'):
        read("evalmi-50k", tmp_path)


@pytest.mark.parametrize("content", ["name,prompt,mos_quality\na_1.jpg,x,3\n", ""])
def test_a_column_that_is_not_there_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "data.csv").write_text(content)
    with pytest.raises(TableError, match=r"data\.csv (has no column|is empty)"):
        read("agiqa-3k", tmp_path / "data.csv")


def test_a_column_that_no_row_of_json_has_is_named(
    tmp_path: Path,
) -> None:
    (tmp_path / "d.jsonl").write_text('{"name": "a_1.jpg", "prompt": "x"}\n')
    with pytest.raises(TableError, match=r'no row of d\.jsonl has the column "mos_quality"'):
        read("agiqa-3k", tmp_path / "d.jsonl")
