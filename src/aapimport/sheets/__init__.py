"""Spreadsheets of any kind, read in a child process that can't take more than it is given."""
