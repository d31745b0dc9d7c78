"""The whole web process, put together as it is in production: sign-in, schema, limits, worker, health."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from api.app import check_house, create_app
from api.settings import Settings, SettingsError
from models.keyring import Keyring
from models.tables import Account
from tests.api.house import House
from tests.clock import FixedClock


async def test_a_signed_in_account_is_served(house: House) -> None:
    async with house.client() as client:
        answer = await client.post("/graphql", json={"query": "{ viewer { name role } }"})

    assert answer.json() == {"data": {"viewer": {"name": "Sam Staff", "role": "PROVIDER_STAFF"}}}


async def test_a_disabled_account_is_refused_though_its_token_still_holds(house: House, clock: FixedClock) -> None:
    async with house.client() as client:
        before = await client.post("/graphql", json={"query": "{ __typename }"})
        async with house.database() as database, database.transaction() as session:
            account = await session.get_one(Account, house.account_id)
            account.disabled_at = clock.now()
        after = await client.post("/graphql", json={"query": "{ __typename }"})

    assert before.status_code == 200
    assert after.status_code == 401
    assert after.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_of_another_deployment_is_refused(house: House) -> None:
    async with house.client() as client:
        answer = await client.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"authorization": f"Bearer {house.token[:-6]}AAAAAA"}
        )

    assert answer.status_code == 401
    assert "error=" in answer.headers["www-authenticate"]


async def test_it_is_alive_and_ready_without_signing_in(house: House) -> None:
    async with house.client() as client:
        del client.headers["authorization"]
        alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "database": "ok", "schema": "ok", "keyStore": "ok", "worker": "ok"},
    )


def test_production_is_not_put_together_without_keys(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="KEY_FILE is not set"):
        create_app(Settings(data_dir=tmp_path))


def test_production_is_not_put_together_without_what_its_mails_say(tmp_path: Path) -> None:
    Keyring.generate().save(tmp_path / "keys.json")
    key = OKPKey.generate_key("Ed25519").as_dict(private=False)
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key]}))
    settings = Settings(
        data_dir=tmp_path,
        key_file=tmp_path / "keys.json",
        token_issuer="https://id.test",
        token_audience="extra-sessions",
        token_jwks_file=tmp_path / "jwks.json",
    )

    with pytest.raises(SettingsError, match="PROVIDER, EXTRA_SESSIONS_MAIL_FROM and EXTRA_SESSIONS_PUBLIC_URL"):
        create_app(settings)


def test_the_four_packages_live_in_one_house() -> None:
    check_house()


async def test_the_provider_s_guidelines_must_be_readable(tmp_path: Path) -> None:
    settings = Settings(mode="demo", data_dir=tmp_path, guidelines_file=tmp_path / "missing.md")

    with pytest.raises(SettingsError, match="GUIDELINES_FILE"):
        create_app(settings)
