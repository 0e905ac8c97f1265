"""The outside world: the All Access Pass portal and Jhana, over SCIM 2.0."""
