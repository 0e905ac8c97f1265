"""The plan: what an upload would do, before it does it."""
