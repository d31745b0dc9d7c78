"""The GraphQL edge: parse, call one operation or query, present."""
