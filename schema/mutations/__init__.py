"""One file a mutation, named as its operation."""
