"""Loads a folder of CSV files, as a provider leaves its old system: all of a good row, nothing of a bad one."""
