"""Who looked at what: the provider's own record, for its staff."""

from datetime import date, datetime

import strawberry

from models.queries import access_events
from models.rules.confidentiality import Sensitivity
from models.rules.vocabulary import Role
from models.views import access as views
from schema.types.case import AssistCase, CaseBy
from schema.types.views import of_view


@of_view(views.LookingAccount)
@strawberry.type(description="The account that looked; or the product itself, as `System`.")
class LookingAccount:
    id: strawberry.ID = strawberry.field(description="What the filter takes as `accountId`; `system` for the product.")
    name: str = strawberry.field(description="The account's name; `System` for the product.")
    role: Role | None = strawberry.field(description="The account's role now; null for the product.")


@of_view(views.AccessEventView)
@strawberry.type(
    description="One account was shown one case's data of one kind in one hour, once or often. It is recorded before "
    "the answer leaves, and never changed."
)
class AccessEvent:
    account: LookingAccount = strawberry.field(
        description="Who looked. The product looks up clients' addresses to send them mail."
    )
    case: AssistCase | None = strawberry.field(
        description="Whose data it was. To select the client here is to look at them: it is recorded too."
    )
    kind: Sensitivity = strawberry.field(
        description="IDENTIFYING: who the client is, or their other cases. CLINICAL: answers to the form's questions."
    )
    hour: datetime = strawberry.field(description="The beginning of the hour, UTC.")


@strawberry.input(description="Narrow the record of who looked; what is null does not narrow.")
class AccessEventFilter:
    case: CaseBy | None = strawberry.field(default=None, description="This case alone.")
    account_id: strawberry.ID | None = strawberry.field(
        default=None, description="This account alone; `system` for the product itself."
    )
    kind: Sensitivity | None = strawberry.field(default=None, description="IDENTIFYING or CLINICAL alone.")
    from_: date | None = strawberry.field(name="from", default=None, description="The first day, in your own zone.")
    to: date | None = strawberry.field(default=None, description="The last day, in your own zone, included.")

    def narrowed(self) -> access_events.AccessEventFilter:
        by = CaseBy() if self.case is None else self.case
        return access_events.AccessEventFilter(
            case_id=None if by.id is strawberry.UNSET else by.id,
            case_number=None if by.number is strawberry.UNSET else by.number,
            account_id=self.account_id,
            kind=self.kind,
            first_day=self.from_,
            last_day=self.to,
        )
