"""The settings of how much one caller, one account and one process may take."""

from pydantic import BaseModel, ConfigDict, Field


class Bounding(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    max_body_bytes: int = Field(default=65_536, ge=1_024, le=10_485_760)
    """The longest body of a request that is read."""
    max_query_depth: int = Field(default=15, ge=15, le=50)
    """No fewer than the standard introspection document has."""
    max_query_cost: int = Field(default=20_000, ge=100)
    """What one operation may cost, counted before it runs: about the number of values in its largest answer."""
    max_connections: int = Field(default=5_000, ge=1)
    """How many WebSockets and event streams one process holds."""
    max_account_connections: int = Field(default=50, ge=1)
    """How many of them may be one account's."""
    max_subscriptions: int = Field(default=5_000, ge=1)
    """How many subscriptions one process runs."""
    max_account_subscriptions: int = Field(default=200, ge=1)
    """How many of them may be one account's."""
    max_socket_operations: int = Field(default=50, ge=1)
    """How many operations may run on one WebSocket at a time."""
    socket_ping_seconds: int = Field(default=20, ge=1)
    """How often a WebSocket's peer is asked whether it is there; one that is silent until the next time is dropped."""
    socket_idle_seconds: int = Field(default=300, ge=1)
    """For how long a WebSocket may have no operation."""
    connection_minutes: int = Field(default=240, ge=1)
    """About how long a WebSocket or an event stream lasts; its client then connects again."""
    send_seconds: int = Field(default=30, ge=1)
    """How long a client may take to read one message before it is dropped."""
