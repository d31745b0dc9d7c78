"""The web process: HTTP, sign-in, and the command line. It constructs what the other packages need."""
