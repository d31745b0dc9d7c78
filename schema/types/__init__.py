"""The types of the schema; their descriptions are written for front-end developers who read nothing else."""
