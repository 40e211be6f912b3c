"""The case database: complaints with all that was said, decided and done.

`open_database` opens one and brings it to this program's schema; `Cases` keeps and finds cases in it.
"""

from api.storage.acts import Act, acts_on, log_alone
from api.storage.cases import Case, Cases, Exported
from api.storage.database import UNAVAILABLE, Database, cause, now, open_database, probe, shown, utc, writing
from api.storage.figures import Figures
from api.storage.filters import NOT_GIVEN, Due, Filters
from api.storage.jobs import BEGUN, UNREAD, JobRow, Jobs, record
from api.storage.keeping import Earlier, Kept, KnownCaseError, NewCase, TakenError, Writing
from api.storage.keys import Keys, secret_hash
from api.storage.leases import Lease, LeaseLostError
from api.storage.looks import Looks
from api.storage.outbox import Outbox, Parcel
from api.storage.reviews import LEASE, Reviews
from api.storage.rulebooks import Rulebooks
from api.storage.sessions import Sessions
from api.storage.trainings import Trainings
from api.storage.work import CaseWork, ErasedCaseError, NoSuchCaseError, working

__all__ = [
    "BEGUN",
    "LEASE",
    "NOT_GIVEN",
    "UNAVAILABLE",
    "UNREAD",
    "Act",
    "Case",
    "CaseWork",
    "Cases",
    "Database",
    "Due",
    "Earlier",
    "ErasedCaseError",
    "Exported",
    "Figures",
    "Filters",
    "JobRow",
    "Jobs",
    "Kept",
    "Keys",
    "KnownCaseError",
    "Lease",
    "LeaseLostError",
    "Looks",
    "NewCase",
    "NoSuchCaseError",
    "Outbox",
    "Parcel",
    "Reviews",
    "Rulebooks",
    "Sessions",
    "TakenError",
    "Trainings",
    "Writing",
    "acts_on",
    "cause",
    "log_alone",
    "now",
    "open_database",
    "probe",
    "record",
    "secret_hash",
    "shown",
    "utc",
    "working",
    "writing",
]
