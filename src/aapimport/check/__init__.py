"""Rows to people, corrections and findings: what a sheet says, and what is wrong with it."""
