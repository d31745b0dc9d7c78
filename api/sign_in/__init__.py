"""How people come in: the sign-in provider, its keys and its pages, and a demo's own page."""
