"""The closed lists of webhooks."""

from models.rules import webhooks as words
from schema.types.enums import publish

publish(
    words.WebhookState,
    "Whether events are sent to a webhook.",
    ENABLED="They are, one after the other.",
    SWITCHED_OFF="Not any more: it failed for too long, answered 410, or its account was disabled. Staff have a task.",
    DISABLED="Staff have switched it off.",
)
publish(
    words.WebhookFailure,
    "Why an event could not be sent. No answer's text is kept.",
    REDIRECT="The endpoint answered with a redirect; none is followed. Register the address that it leads to.",
    CLIENT_ERROR="The endpoint answered with a status from 400 to 499: it does not take what is sent.",
    GONE="The endpoint answered 410: it wants nothing any more, and was switched off at once.",
    SERVER_ERROR="The endpoint answered with a status from 500 to 599.",
    BAD_ANSWER="What the endpoint answered is not HTTP, or no status that there is.",
    TIMEOUT="The endpoint did not answer within 15 seconds.",
    UNKNOWN_HOST="The host's name leads nowhere.",
    REFUSED_ADDRESS="The host leads to an address inside a network, where nothing is sent.",
    TLS="The endpoint does not prove who it is, or speaks no TLS.",
    CONNECTION="Nobody answers there, or the connection broke.",
    ACCOUNT_DISABLED="The webhook's account is disabled, or no machine's any more; it was switched off at once.",
)
publish(
    words.ReplayStart,
    "From where a webhook goes on.",
    EARLIEST="From as far back as events can be replayed.",
    NOW="With what happens next; what waits is left out.",
)
