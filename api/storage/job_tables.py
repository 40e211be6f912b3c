"""The tables of files that are worked on row by row; they belong to the tables of `api.storage.schema`."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, DateTime, ForeignKey, Integer, String, Table, Text

from api.storage.schema import METADATA, NUMBER

JOBS = Table(
    "jobs",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    Column("job_id", String(32), nullable=False, unique=True),
    Column("created_at", DateTime, nullable=False),
    Column("owner", String(200), nullable=False, doc="Owner of the key the file came with."),
    Column("name", String(200), doc="The file's name, personal data masked."),
    Column("content_hash", String(64), unique=True, doc="Keyed hash of file, options and owner; null once it failed."),
    Column("file_hash", String(64), nullable=False, doc="Keyed hash of the file alone."),
    Column("bytes", BigInteger, nullable=False),
    Column("text_column", String(200)),
    Column("sheet", String(200)),
    Column("encoding", String(200)),
    Column("status", String(16), nullable=False, index=True, doc="Of `api.storage.jobs`."),
    Column("deaths", Integer, nullable=False, doc="How often reading it killed the reader."),
    Column("started_at", DateTime),
    Column("finished_at", DateTime),
    Column("problem", Text, doc="Why it failed."),
    Column("columns", JSON, doc="Fields that were found, and the titles of their columns."),
    Column("notes", JSON, doc="What a person should know of how the file is read."),
    Column("rows_total", Integer),
    Column("rows_done", Integer, nullable=False),
    Column("rows_known", Integer, nullable=False, doc="Of these, kept before this file."),
    Column("rows_failed", Integer, nullable=False, doc="Of these, refused."),
    Column("text_place", Integer, doc="Index of the complaint's column, where a person has chosen it."),
    Column("head", JSON, doc="What the person chooses by: `api.jobs.head.Head`; null once chosen."),
)

JOB_ROWS = Table(
    "job_rows",
    METADATA,
    Column("job", NUMBER, ForeignKey("jobs.number"), primary_key=True),
    Column("row", Integer, primary_key=True, doc="Counts from 0."),
    Column("line", Integer, nullable=False, doc="In the file, from 1."),
    Column("complaint", NUMBER, ForeignKey("complaints.number"), index=True),
    Column("problem", Text, doc="Why the row was refused."),
    Column("sent_id", String(200), doc="Of a refused row, the complaint's id as it was sent, personal data masked."),
)
