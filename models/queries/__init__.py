"""Reads: Core selects of the columns that are asked for and allowed, one statement a level, mapped to views."""
