"""Settings of the service, each an environment variable ``COMPLAINTS_…``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import Field, NonNegativeInt, PositiveInt, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from classifier.errors import ComplaintsError

HOST: Final = "127.0.0.1"
"""Until there are API keys, the service talks to this machine only."""


class Settings(BaseSettings):
    """Settings of the service."""

    model_config = SettingsConfigDict(env_prefix="COMPLAINTS_", extra="ignore")

    port: NonNegativeInt = Field(8000, le=65_535, description="TCP port on 127.0.0.1.")
    taxonomy: Path | None = Field(
        None, description="The bank's own taxonomy file: names and departments. By default the model's own."
    )
    data: Path = Field(Path("data"), description="Folder of the case database and of the key that hashes customers.")
    database_url: str = Field(
        "", description="The case database, postgresql://…; by default the SQLite file cases.db in the data folder."
    )
    keep_raw_text: bool = Field(False, description="Keep complaints as they were sent too, personal data and all.")
    classify_max_bytes: PositiveInt = Field(1 << 20, description="Largest body with one complaint, in bytes.")
    batch_max_bytes: PositiveInt = Field(16 << 20, description="Largest body of POST /v1/classify/batch, in bytes.")

    @property
    def cases(self) -> str:
        """URL of the case database."""
        return self.database_url or f"sqlite:///{self.data / 'cases.db'}"


def load_settings(**given: Any) -> Settings:
    """Read the settings; what is `given` goes before the environment. Raises `ComplaintsError` naming a bad one."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        place = "COMPLAINTS_" + "_".join(map(str, first["loc"])).upper()
        raise ComplaintsError(first["msg"], where=place, remedy="Correct this setting.") from error
