"""The commands as an operator types them, in a demo's folder."""

from click.testing import CliRunner, Result

from api.__main__ import main
from api.settings import Settings

CASE = "ASST-100001"


def run(settings: Settings, *words: str, typed: str = "") -> Result:
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(settings.data_dir)}
    environment["EXTRA_SESSIONS_KEY_STORE_URL"] = settings.key_store_url
    return CliRunner(env=environment).invoke(main, list(words), input=typed)


def succeeded(settings: Settings, *words: str, typed: str = "") -> str:
    result = run(settings, *words, typed=typed)
    assert result.exit_code == 0, result.output
    return result.output


def refused(settings: Settings, *words: str, typed: str = "") -> str:
    result = run(settings, *words, typed=typed)
    assert result.exit_code in {1, 2}, result.output
    assert isinstance(result.exception, SystemExit), "a person is told, and sees no traceback"
    return result.output
