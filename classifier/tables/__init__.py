"""Files of complaints in and out: CSV, TSV, Excel, JSON Lines, Parquet, and the HTML tables offices call ``.xls``.

The format is told by a file's content, never by its name. Every row comes out again, in its place, with its cells as
they were.
"""

from classifier.tables.encoding import known_encoding
from classifier.tables.reading import open_table, other_ways
from classifier.tables.table import TEXT_COLUMNS, Block, Row, Table, find_text_column
from classifier.tables.writing import open_writer, output_path

__all__ = [
    "TEXT_COLUMNS",
    "Block",
    "Row",
    "Table",
    "find_text_column",
    "known_encoding",
    "open_table",
    "open_writer",
    "other_ways",
    "output_path",
]
