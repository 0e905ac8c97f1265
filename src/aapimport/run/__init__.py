"""Doing what the plan says, exactly once."""
