"""What an authority has signed that nobody trusts (certificates/make.sh), and who shows it."""

import ssl
from pathlib import Path

_HERE = Path(__file__).with_name("certificates")
AUTHORITY = _HERE / "authority.pem"
CLIENT = _HERE / "client.pem"
CLIENT_ALONE = _HERE / "client-alone.pem"
LOCKED_KEY, LOCKED_WITH = _HERE / "locked.key", "open-sesame"
OTHER_KEY = _HERE / "other.key"


def showing(name: str = "service", *, asks: bool = False) -> ssl.SSLContext:
    """How a server encrypts that shows a certificate.

    Args:
        name: Whose it is: `service`, `expired` or `elsewhere`.
        asks: Whether it asks for a client's certificate, and refuses whoever has none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_HERE / f"{name}.pem")
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(AUTHORITY)
    return context
