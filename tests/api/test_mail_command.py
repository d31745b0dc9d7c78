"""`extra-sessions mail preview`: every letter in a folder, without a database and without sending anything."""

from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

from click.testing import CliRunner, Result

from api.__main__ import main
from jobs.samples import SAMPLES

DEMO = {"EXTRA_SESSIONS_MODE": "demo"}


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, ["mail", *arguments], env=DEMO | environment)


def test_every_letter_is_there_three_times_and_in_the_index(tmp_path: Path) -> None:
    result = run("preview", str(tmp_path / "out"))

    assert result.exit_code == 0
    assert f"{len(SAMPLES)} e-mails are in" in result.output
    index = (tmp_path / "out/index.html").read_text()
    for suffix in ("eml", "html", "txt"):
        files = [file for file in (tmp_path / "out").glob(f"*.{suffix}") if file.stem != "index"]
        assert len(files) == len(SAMPLES)
        assert all(f'href="{file.name}"' in index for file in files)
    message = message_from_bytes((tmp_path / "out/expired.eml").read_bytes(), policy=SMTP)
    assert message["From"] == '"Harbour EAP (demo)" <no-reply@eap.example>'
    assert [*tmp_path.iterdir()] == [tmp_path / "out"]


def test_texts_to_try_are_shown_before_they_are_set(tmp_path: Path) -> None:
    (tmp_path / "brand.toml").write_text('footer = "Quay Street 12"\n')

    result = run("preview", str(tmp_path / "out"), "--letters", str(tmp_path))

    assert result.exit_code == 0
    assert "Quay Street 12" in (tmp_path / "out/expired.txt").read_text()


def test_a_letter_that_can_t_be_sent_stops_it_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "expired.jinja").write_text("Hello")

    result = run("preview", str(tmp_path / "out"), EXTRA_SESSIONS_LETTERS_DIR=str(tmp_path))

    assert result.exit_code == 1
    assert "expired.jinja has no block that is called 'subject'" in result.output
    assert not (tmp_path / "out").exists()
