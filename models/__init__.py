"""The business: rules, tables, and the operations and queries that use them."""
