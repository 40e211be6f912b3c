"""What a person chooses by: the beginning of a file, personal data masked."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ColumnHead(BaseModel):
    """The beginning of a column."""

    title: str
    field: str | None = Field(description="What else than the complaint it is read as.")
    cells: list[str]


class Head(BaseModel):
    """The beginning of a file as it is read now, and how else it may be read."""

    rows: int = 0
    width: int = Field(0, description="Number of columns; of many, the first are shown.")
    columns: list[ColumnHead] = []
    text: int | None = Field(None, description="Index of the column that seems to hold the complaint.")
    by_title: bool = Field(False, description="Whether its title says so; else what stands in it does.")
    encoding: str = ""
    sheets: list[str] = Field([], description="Of a workbook.")
    is_text: bool = Field(False, description="Whether another encoding may be chosen.")
    wrong: str | None = Field(None, description="Why it cannot be read as was chosen.")
