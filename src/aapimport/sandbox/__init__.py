"""The practice portal and Jhana: real SCIM services with nothing real behind them."""
