"""Images within tables, as `datasets` keeps them, written here by pyarrow."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.stimuli.importing import dataset_images as module
from annotation.stimuli.importing.dataset_images import DatasetImages, dataset_images
from annotation.stimuli.importing.problems import ImageError
from workbench.core.tables import TableError

KIND = pa.struct({"bytes": pa.binary(), "path": pa.string()})


def table(*images: dict[str, bytes | str | None] | None) -> pa.Table:
    return pa.table({"image": pa.array(images, KIND), "n": list(range(len(images)))})


def image(name: str | None, data: bytes | None = b"x") -> dict[str, bytes | str | None]:
    return {"bytes": data, "path": name}


def test_images_of_all_row_groups_are_read_by_path_or_row(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    found = table(image("a.png", b"1"), image(None, b"2"), None, image("sub/d.png", b"4"))
    pq.write_table(found, path, row_group_size=2)
    images = DatasetImages([path])
    assert images.names() == ["a.png", "d.png", "train-000002"]
    # To and fro between the row groups.
    assert [images.read(name) for name in ("d.png", "a.png", "train-000002")] == [b"4", b"1", b"2"]
    assert (images.holds("a.png"), images.holds("z.png")) == (True, False)
    assert (images.locate("a.png"), images.locate("z.png")) == ("0", None)
    images.close()


def test_an_image_that_is_not_there_or_has_no_bytes_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "train.parquet"
    pq.write_table(table(image("a.png", None), image("b.png", b"12")), path)
    images = DatasetImages([path])
    with pytest.raises(ImageError, match=r'"z\.png" not found in the dataset'):
        images.read("z.png")
    with pytest.raises(ImageError, match=r'no bytes of the image "a\.png"'):
        images.read("a.png")
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 1)
    with pytest.raises(ImageError, match=r'"b\.png"'):
        images.read("b.png")


def test_tables_without_images_are_no_source_of_them(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    pq.write_table(pa.table({"n": [1, 2]}), path)
    assert dataset_images([path]) is None


def test_a_table_that_is_cut_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pq.write_table(table(image("a.png")), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TableError, match=r"train\.parquet"):
        dataset_images([path])
