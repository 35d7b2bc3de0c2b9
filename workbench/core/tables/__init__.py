"""Tables that people give and take: one reader for CSV and JSON in the encodings that spreadsheets
write, for workbooks, Parquet and MATLAB's files, and one writer of CSV that spreadsheets open.
Pure: no Django.
"""

from .columns import Columns
from .encodings import decode
from .errors import TableError
from .reading import open_table, read_file, read_table
from .rows import LINES, PLAIN, SPACES, Record, Shape
from .writing import CSV_TYPE, csv_lines, csv_start

__all__ = [
    "CSV_TYPE",
    "LINES",
    "PLAIN",
    "SPACES",
    "Columns",
    "Record",
    "Shape",
    "TableError",
    "csv_lines",
    "csv_start",
    "decode",
    "open_table",
    "read_file",
    "read_table",
]
