"""``extra-sessions init``: two files for their owner alone, no setting forgotten, and nothing ever overwritten."""

import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.__main__ import main
from api.configuration import blanks, configuration
from api.settings import MAIL, SIGN_IN, Settings, variable
from models.keyring import Keyring


def init(folder: Path) -> Result:
    return CliRunner().invoke(main, ["init", str(folder)])


def test_it_makes_production_keys_and_a_configuration_for_their_owner_alone(tmp_path: Path) -> None:
    result = init(tmp_path / "eap")

    assert result.exit_code == 0, result.output
    keys, settings = tmp_path / "eap" / "keys.json", tmp_path / "eap" / "extra-sessions.env"
    assert not Keyring.load(keys).demo
    assert {stat.S_IMODE(path.stat().st_mode) for path in (keys, settings)} == {0o600}
    assert stat.S_IMODE((tmp_path / "eap").stat().st_mode) == 0o700
    assert [line.strip() for line in result.output.splitlines()[-3:]] == [
        f"set -a; . {settings}; set +a",
        "extra-sessions migrate",
        "extra-sessions serve",
    ]
    assert all(name in result.output for name in blanks())


@pytest.mark.parametrize("there", ["keys.json", "extra-sessions.env"])
def test_it_overwrites_nothing_and_makes_no_half(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")

    result = init(tmp_path)

    assert result.exit_code == 1
    assert there in result.output
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(there, "mine")]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    result = init(tmp_path / "file" / "eap")

    assert result.exit_code == 1
    assert "can't be prepared" in result.output


def test_every_setting_stands_in_the_file_once_with_what_it_does(tmp_path: Path) -> None:
    text = configuration(data_dir=tmp_path, key_file=tmp_path / "keys.json")

    named = re.findall(r"^(?:# )?(EXTRA_SESSIONS_\w+)=", text, re.MULTILINE)
    assert sorted(named) == sorted(map(variable, Settings.model_fields))
    assert not [name for name, field in Settings.model_fields.items() if not field.description]
    assert all(f'\n{variable(name)}=""' in text for name in (*SIGN_IN, *MAIL)), "blanks are no comments"


def test_what_a_line_in_comments_says_is_what_holds_without_it(tmp_path: Path) -> None:
    text = configuration(data_dir=tmp_path)

    said = {name: value for name, value in re.findall(r'^# EXTRA_SESSIONS_(\w+)="(.*)"$', text, re.MULTILINE) if value}
    read = Settings.model_validate({name.lower(): value for name, value in said.items()})
    assert {name: getattr(read, name) for name in map(str.lower, said)} == {
        name: Settings.model_fields[name].default for name in map(str.lower, said)
    }
    assert "PORT" in said


def test_a_folder_with_any_name_comes_through_a_shell(tmp_path: Path) -> None:
    odd = tmp_path / 'a "b" $HOME `c` \\d'

    assert str(tmp_path / 'a \\"b\\" \\$HOME \\`c\\` \\\\d') in configuration(data_dir=odd)
