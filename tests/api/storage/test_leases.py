"""Leases: one holder at a time, and nothing is kept of what another writes."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from api.storage import Act, Database, JobRow, Jobs, Lease, LeaseLostError, now, record, writing
from api.storage.schema import LEASES


def add(database: Database, job_id: str) -> Any:
    job = {"job_id": job_id, "owner": "李", "name": None, "content_hash": job_id, "file_hash": "f", "bytes": 1}
    row, created = Jobs(database).add({**job, "text_column": None, "sheet": None}, Act("李", "upload", job_id))
    assert created
    return row


def expire(database: Database) -> None:
    """Let as much time pass as a lease lasts."""
    with database.begin() as connection:
        connection.execute(update(LEASES).values(expires_at=now() - timedelta(seconds=1)))


def test_a_lease_has_one_holder_until_it_ends_or_is_given_back(database: Database) -> None:
    first, second = Lease("jobs"), Lease("jobs")
    assert first.take(database)
    assert not second.take(database)
    assert first.take(database), "it is renewed"
    expire(database)
    assert second.take(database)
    assert not first.take(database)
    first.give_back(database)
    assert not first.take(database), "what one does not hold one cannot give back"
    second.give_back(database)
    assert first.take(database)


def test_leases_of_other_names_have_nothing_to_do_with_it(database: Database) -> None:
    assert Lease("jobs").take(database)
    assert Lease("tidying").take(database)


def test_of_many_that_take_it_at_once_one_has_it(database: Database) -> None:
    leases, start = [Lease("jobs") for _ in range(8)], threading.Barrier(8)
    taken: list[str] = []

    def take(lease: Lease) -> None:
        start.wait()
        if lease.take(database):
            taken.append(lease.holder)

    threads = [threading.Thread(target=take, args=(lease,)) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_what_a_former_holder_writes_is_not_kept(database: Database) -> None:
    former, lease = Lease("jobs"), Lease("jobs")
    job = add(database, "a" * 32)
    assert former.take(database)
    expire(database)
    assert lease.take(database)

    def record_a_row() -> None:
        with writing(database) as connection:
            record(connection, job["number"], [JobRow(0, 2, problem="内容为空")])
            former.require(connection)

    for change in (
        record_a_row,
        lambda: Jobs(database).begin(job["number"], 7, {}, [], former),
        lambda: Jobs(database).finish(job["number"], former, "读不了"),
        lambda: Jobs(database).count_death(job["number"], former),
    ):
        with pytest.raises(LeaseLostError):
            change()
    assert Jobs(database).find(job["job_id"]) == job
    assert list(Jobs(database).results(job["number"])) == []
    Jobs(database).begin(job["number"], 7, {}, [], lease)
    begun = Jobs(database).find(job["job_id"])
    assert begun is not None
    assert (begun["status"], begun["rows_total"]) == ("running", 7)


def test_nobody_takes_it_before_a_transaction_under_it_has_ended(database: Database) -> None:
    holder, other = Lease("jobs"), Lease("jobs")
    job = add(database, "a" * 32)
    assert holder.take(database)
    expire(database)
    taken: list[bool] = []
    thread = threading.Thread(target=lambda: taken.append(other.take(database)))
    with writing(database) as connection:
        holder.require(connection)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
        record(connection, job["number"], [JobRow(0, 2, problem="内容为空")])
    thread.join()
    assert taken == [True]
    assert len(list(Jobs(database).results(job["number"]))) == 1
