"""Organisations, practices, consultants and the viewer, as one actor may see them."""

from dataclasses import dataclass

from models.rules.vocabulary import Role
from models.views.base import View


@dataclass(slots=True, init=False, eq=False, repr=False)
class OrganisationView(View):
    id: str
    name: str


@dataclass(slots=True, init=False, eq=False, repr=False)
class PracticeView(View):
    id: str
    name: str
    suburb: str
    time_zone: str


@dataclass(slots=True, init=False, eq=False, repr=False)
class ConsultantView(View):
    id: str
    name: str
    practice: PracticeView


@dataclass(slots=True, init=False, eq=False, repr=False)
class ViewerView(View):
    name: str
    role: Role
    time_zone: str
    organisation: OrganisationView | None
    practice: PracticeView | None
    consultant: ConsultantView | None
