"""Shows each field's sensitivity in the schema, from the one table that the data layer masks by."""

from typing import Any

import strawberry
from strawberry.schema_directive import Location

from models.rules.confidentiality import FIELDS, Sensitivity


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="sensitivity",
    description="How much a field could tell about a client; decides for which roles it is masked.",
)
class SensitivityDirective:
    level: Sensitivity = strawberry.directive_field(name="level")


def show_sensitivity(types: list[Any]) -> None:
    """Put the directive on every field of ``types``. Raises LookupError for a field that the table does not name."""
    for presented in types:
        definition = presented.__strawberry_definition__
        levels = FIELDS[definition.name]
        for field in definition.fields:
            if field.python_name not in levels:
                msg = f"{definition.name}.{field.python_name} has no sensitivity in models/rules/confidentiality.py"
                raise LookupError(msg)
            field.directives = [SensitivityDirective(level=levels[field.python_name])]
