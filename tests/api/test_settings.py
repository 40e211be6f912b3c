"""What a service refuses to be: open to other machines without keys, or unencrypted unless told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings, load_settings
from classifier.errors import ComplaintsError


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, Any]:
    files = {name: tmp_path / f"{name}.pem" for name in ("tls_certificate", "tls_key")}
    for file in files.values():
        file.touch()
    return files


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_this_machine_nothing_is_asked_for(host: str) -> None:
    Settings(host=host).check_exposure(has_keys=False)


OPEN = [{"host": "0.0.0.0"}, {"host": "::"}, {"host": "10.1.2.3"}, {"host": "bank.example"}, {"proxy": "127.0.0.1"}]


@pytest.mark.parametrize("setting", OPEN)
def test_it_is_not_open_to_others_without_a_key(setting: dict[str, str], certificate: dict[str, Any]) -> None:
    ((name, value),) = setting.items()
    with pytest.raises(ComplaintsError, match="there is no API key") as refused:
        load_settings(**setting, **certificate, plain_http=True).check_exposure(has_keys=False)
    assert refused.value.where == f"COMPLAINTS_{name.upper()} {value}"
    assert "complaints keys add" in str(refused.value)


@pytest.mark.parametrize("setting", OPEN[:-1])
def test_it_is_not_open_to_others_unencrypted_unless_told(setting: dict[str, str], certificate: dict[str, Any]) -> None:
    with pytest.raises(ComplaintsError, match="unencrypted") as refused:
        load_settings(**setting).check_exposure(has_keys=True)
    for remedy in ("COMPLAINTS_TLS_CERTIFICATE", "COMPLAINTS_TLS_KEY", "COMPLAINTS_PROXY", "COMPLAINTS_PLAIN_HTTP"):
        assert remedy in str(refused.value)
    for more in (certificate, {"proxy": "10.0.0.1"}, {"plain_http": True}):
        load_settings(**setting, **more).check_exposure(has_keys=True)


@pytest.mark.parametrize("missing", ["tls_key", "tls_certificate"])
def test_half_a_certificate_is_named(certificate: dict[str, Any], missing: str) -> None:
    file = certificate.pop(missing)
    with pytest.raises(ComplaintsError, match="Set both"):
        load_settings(**certificate).check_exposure(has_keys=True)
    file.unlink()
    with pytest.raises(ComplaintsError, match="no such file") as refused:
        load_settings(**certificate, **{missing: file}).check_exposure(has_keys=True)
    assert refused.value.where == str(file)
