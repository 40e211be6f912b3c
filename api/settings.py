"""Settings of the service, each an environment variable ``COMPLAINTS_…``."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from classifier.errors import ComplaintsError


class Settings(BaseSettings):
    """Settings of the service."""

    model_config = SettingsConfigDict(env_prefix="COMPLAINTS_", extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on. Others than the loopback need keys and TLS.")
    port: NonNegativeInt = Field(8000, le=65_535, description="TCP port.")
    workers: PositiveInt = Field(1, description="Server processes.")
    tls_certificate: Path | None = Field(None, description="Certificate chain, PEM.")
    tls_key: Path | None = Field(None, description="The certificate's private key, PEM.")
    proxy: str = Field("", description="Addresses, with commas, of the proxy that does TLS and is to be believed.")
    plain_http: bool = Field(False, description="Serve others than this machine without TLS, on your own risk.")
    taxonomy: Path | None = Field(
        None, description="The bank's own taxonomy file: names and departments. By default the model's own."
    )
    calendar: Path | None = Field(
        None, description="The bank's own working days and holidays (TOML), beside the published calendar."
    )
    data: Path = Field(Path("data"), description="Folder of the case database, the uploaded files, and the key.")
    database_url: str = Field(
        "", description="The case database, postgresql://…; by default the SQLite file cases.db in the data folder."
    )
    keep_raw_text: bool = Field(False, description="Keep complaints as they were sent too, personal data and all.")
    review_sample: float = Field(
        0.02, ge=0, le=1, description="Share of sure cases that go to review blind, to check the stated precision."
    )
    webhook_networks: str = Field(
        "", description="Private networks, with commas, that webhooks may point to: 10.0.0.0/8. By default none."
    )
    classify_max_bytes: PositiveInt = Field(1 << 20, description="Largest body with one complaint, in bytes.")
    batch_max_bytes: PositiveInt = Field(16 << 20, description="Largest body of POST /v1/classify/batch, in bytes.")
    upload_max_bytes: PositiveInt = Field(200 << 20, description="Largest file of POST /v1/jobs, in bytes.")
    job_max_memory: PositiveInt = Field(768 << 20, description="Memory that reading a job's file may take, in bytes.")
    body_seconds: PositiveFloat = Field(30.0, description="A body has so long to arrive; a file, each piece of it.")

    @property
    def cases(self) -> str:
        """URL of the case database."""
        return self.database_url or f"sqlite:///{self.data / 'cases.db'}"

    @property
    def local(self) -> bool:
        """Whether only this machine can ask."""
        try:
            alone = ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            alone = self.host == "localhost"
        return alone and not self.proxy

    @property
    def https_only(self) -> bool:
        """Whether what comes unencrypted is refused."""
        return not self.local and not self.plain_http

    def check_exposure(self, *, has_keys: bool) -> None:
        """Refuse to be open to other machines without keys, or unencrypted unless told.

        Raises
        ------
        ComplaintsError
            Saying what is missing.
        """
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ComplaintsError(
                "only one of the two is set", where="COMPLAINTS_TLS_CERTIFICATE, COMPLAINTS_TLS_KEY", remedy="Set both."
            )
        for place in (self.tls_certificate, self.tls_key):
            if place is not None and not place.is_file():
                raise ComplaintsError("there is no such file", where=str(place), remedy="Correct the TLS settings.")
        if self.local:
            return
        where = f"COMPLAINTS_PROXY {self.proxy}" if self.proxy else f"COMPLAINTS_HOST {self.host}"
        if not has_keys:
            raise ComplaintsError(
                "other machines could ask, and there is no API key",
                where=where,
                remedy="Make one first: complaints keys add.",
            )
        if self.tls_certificate is None and not self.proxy and not self.plain_http:
            raise ComplaintsError(
                "other machines could ask, unencrypted",
                where=where,
                remedy="Set COMPLAINTS_TLS_CERTIFICATE and COMPLAINTS_TLS_KEY, or COMPLAINTS_PROXY to the proxy that "
                "does TLS; or COMPLAINTS_PLAIN_HTTP=true if you know what you do.",
            )


def load_settings(**given: Any) -> Settings:
    """Read the settings; what is `given` goes before the environment. Raises `ComplaintsError` naming a bad one."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        place = "COMPLAINTS_" + "_".join(map(str, first["loc"])).upper()
        raise ComplaintsError(first["msg"], where=place, remedy="Correct this setting.") from error
