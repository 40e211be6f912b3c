"""The case database: complaints with all that was said and decided of them.

`open_database` opens one and brings it to this program's schema; `Cases` keeps and finds cases in it.
"""

from api.storage.cases import Case, Cases, Filters, KnownCaseError, NewCase, utc
from api.storage.database import Database, open_database, shown

__all__ = ["Case", "Cases", "Database", "Filters", "KnownCaseError", "NewCase", "open_database", "shown", "utc"]
