"""The folders `pool` and `holdout`, as Hugging Face's image folder reads them, and those of images
for practice and checks. Pure: no Django.

Steps round what `datasets` makes of valid folders (docs/exporting.md): a picture's name is its
hash, every picture has a row, types are given, and no column is called `image` or ends in
`_file_name`.
"""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from .facts import SPLITS

#: The column that names the picture, in its own folder.
PICTURE = "file_name"
METADATA = "metadata.parquet"
#: Images whose scores count.
_COUNTING = ("in_use", "withdrawn")


def picture_name(sha256: str, stored: str) -> str:
    """The name of a picture in its folder; `stored`: its name in the storage, for the ending."""
    return f"{sha256}.{stored.rpartition('.')[2].lower()}"


def counting_rows(images: pa.Table, purpose: str = "main") -> pa.Table:
    """The rows of images of a purpose whose scores count, with a file or without."""
    return images.filter(
        pc.and_(
            pc.equal(images["purpose"], purpose), pc.is_in(images["state"], pa.array(_COUNTING))
        )
    )


def rows_of(images: pa.Table, folder: str, names: Mapping[int, str]) -> pa.Table:
    """The rows of the table of images that a folder has, with the names of their pictures before.
    folder: a split, or a purpose. names: image's key → picture's name, of those that have a
    file."""
    if folder in SPLITS:
        main = counting_rows(images)
        rows = main.filter(pc.equal(main["split"], folder))
    else:
        rows = counting_rows(images, folder)
    rows = rows.filter(pc.is_in(rows["stimulus"], pa.array(list(names), pa.int64())))
    pictures = [names[key] for key in rows["stimulus"].to_pylist()]
    return rows.add_column(0, PICTURE, pa.array(pictures, pa.string()))
