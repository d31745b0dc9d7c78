"""The business rules: pure functions and tables, no input or output, no clock."""
