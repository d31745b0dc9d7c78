"""The demo: one request's whole way over plain HTTP, as each side sees it."""
