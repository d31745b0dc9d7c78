"""Organisations, practices, consultants and the viewer."""

import strawberry

from models.rules.vocabulary import Role
from models.views.people import ConsultantView, OrganisationView, PracticeView, ViewerView
from schema.types.views import of_view


@of_view(OrganisationView)
@strawberry.type(description="The client's employer, which pays and decides.")
class Organisation:
    id: strawberry.ID = strawberry.field(description="Opaque and random.")
    name: str = strawberry.field(description="The organisation's name.")


@of_view(PracticeView)
@strawberry.type(description="An external psychology practice that sees clients for the provider.")
class Practice:
    id: strawberry.ID = strawberry.field(description="Opaque and random.")
    name: str = strawberry.field(description="The practice's name.")
    suburb: str = strawberry.field(description="Where it is.")
    time_zone: str = strawberry.field(description="Its zone, an IANA name such as `Australia/Melbourne`.")


@of_view(ConsultantView)
@strawberry.type(description="A practitioner, member of one practice.")
class Consultant:
    id: strawberry.ID = strawberry.field(description="Opaque and random; `calendar` takes it as `consultantId`.")
    name: str = strawberry.field(description="The consultant's name.")
    practice: Practice = strawberry.field(description="The practice they belong to.")


@of_view(ViewerView)
@strawberry.type(description="Who is signed in. One role, and the scope that goes with it.")
class Viewer:
    name: str = strawberry.field(description="The account's name, for a greeting.")
    role: Role = strawberry.field(description="What this account may do and see.")
    organisation: Organisation | None = strawberry.field(description="Set for accounts of an organisation.")
    practice: Practice | None = strawberry.field(description="Set for consultants and accounts of a practice.")
    consultant: Consultant | None = strawberry.field(description="Set for consultants.")
    time_zone: str = strawberry.field(
        description="The zone in which this viewer's days begin and end, an IANA name. `calendar` counts in it."
    )
