"""What `extra-sessions` can do, a file for each family of commands."""
