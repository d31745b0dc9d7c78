"""What can be done: one use case, one file, one transaction."""
