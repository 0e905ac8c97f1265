"""Workbooks for people, made from a checked file: marked, repaired, or for the next pass."""
