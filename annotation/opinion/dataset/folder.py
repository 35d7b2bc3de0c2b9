"""The folders `pool` and `holdout`, as Hugging Face's image folder reads them. Pure: no Django.

Steps round what `datasets` makes of valid folders (docs/exporting.md): a picture's name is its
hash, every picture has a row, types are given, and no column is called `image` or ends in
`_file_name`.
"""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

#: The column that names the picture, in its own folder.
PICTURE = "file_name"
METADATA = "metadata.parquet"
#: Images whose scores count.
_COUNTING = ("in_use", "withdrawn")


def picture_name(sha256: str, stored: str) -> str:
    """The name of a picture in its folder; `stored`: its name in the storage, for the ending."""
    return f"{sha256}.{stored.rpartition('.')[2].lower()}"


def counting_rows(images: pa.Table) -> pa.Table:
    """The rows of main images whose scores count, with a file or without."""
    return images.filter(
        pc.and_(pc.equal(images["purpose"], "main"), pc.is_in(images["state"], pa.array(_COUNTING)))
    )


def rows_of_split(images: pa.Table, split: str, names: Mapping[int, str]) -> pa.Table:
    """The rows of the table of images that a split's folder has, with the names of their pictures
    before. names: image's key → picture's name, of those that have a file."""
    main = counting_rows(images)
    kept = pc.and_(
        pc.equal(main["split"], split),
        pc.is_in(main["stimulus"], pa.array(list(names), pa.int64())),
    )
    rows = main.filter(kept)
    pictures = [names[key] for key in rows["stimulus"].to_pylist()]
    return rows.add_column(0, PICTURE, pa.array(pictures, pa.string()))
