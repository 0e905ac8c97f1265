"""The User Import Template."""
