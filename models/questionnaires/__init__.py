"""The further-details questions of a clinical review, a file for each version: data, not code."""

import tomllib
from functools import cache
from importlib.resources import files

from models.rules.further_details import Question, Questionnaire


@cache
def questionnaire(version: str) -> Questionnaire:
    """Return one version as it was asked. Raises FileNotFoundError for one that does not exist."""
    content = tomllib.loads(files(__name__).joinpath(f"{version}.toml").read_text(encoding="utf-8"))
    return Questionnaire(version, tuple(Question(**question) for question in content["questions"]))


@cache
def current_questionnaire() -> Questionnaire:
    """Return the newest version: what is asked from now on."""
    names = (path.name for path in files(__name__).iterdir())
    return questionnaire(max(name.removesuffix(".toml") for name in names if name.endswith(".toml")))
