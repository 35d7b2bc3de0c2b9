"""Tables that people give and take: one reader for CSV and JSON in the encodings that spreadsheets
write, and one writer of CSV that spreadsheets open. Pure: no Django.
"""

from .columns import Columns
from .encodings import decode
from .errors import TableError
from .reading import Record, read_file, read_table
from .writing import CSV_TYPE, csv_lines, csv_start

__all__ = [
    "CSV_TYPE",
    "Columns",
    "Record",
    "TableError",
    "csv_lines",
    "csv_start",
    "decode",
    "read_file",
    "read_table",
]
