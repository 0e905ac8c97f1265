"""Certificates: which are trusted, which is shown to a service, and who signed a stranger's."""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

import truststore

from aapimport.config.logins import ClientCertificate
from aapimport.errors import SettingsError
from aapimport.services.proxies import Proxy
from aapimport.services.scim import plain_words

_LOOK = 5.0  # seconds for a look at a certificate that isn't trusted
_ANOTHER_KEY = "KEY_VALUES_MISMATCH"
_IN_PEM = "ask your IT for it in PEM: it begins with -----BEGIN"


def trusting(certificate: ClientCertificate | None, ca_file: Path | None) -> ssl.SSLContext:
    """How connections are encrypted: with the certificates that the operating system trusts.

    Args:
        certificate: What is shown to a service that asks for it.
        ca_file: Certificates that are trusted beside the system's.

    Raises:
        SettingsError: A file can't be read, or isn't what it should be.
    """
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is not None:
        _check_readable(ca_file, "ca_file")
        try:
            context.load_verify_locations(cafile=ca_file)
        except ssl.SSLError:
            raise SettingsError(
                f"{ca_file}, which ca_file names, holds no certificate that can be read",
                hint=f"{_IN_PEM} CERTIFICATE-----",
            ) from None
    if certificate is not None:
        _show(context, certificate)
    return context


def _show(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    """Have a client's certificate shown to whoever asks for it.

    Raises:
        SettingsError: It can't be.
    """
    key = certificate.key or certificate.certificate
    _check_readable(certificate.certificate, "the client certificate")
    _check_readable(key, "the client certificate's key")
    asked = []

    def password() -> str:  # without one, OpenSSL would ask on the terminal
        asked.append(True)
        return certificate.password.value if certificate.password else ""

    try:
        context.load_cert_chain(certificate.certificate, certificate.key, password)
    except (ssl.SSLError, ValueError) as error:
        raise _useless(certificate, key, error, is_locked=bool(asked)) from None


def _useless(
    certificate: ClientCertificate, key: Path, error: Exception, *, is_locked: bool
) -> SettingsError:
    if is_locked and certificate.password is None:
        return SettingsError(
            f"the key in {key} needs a password", hint="set the client certificate's password"
        )
    if is_locked and certificate.password:
        source = certificate.password.source
        of_it = f" from {source}" if source else ""
        return SettingsError(
            f"the password{of_it} doesn't open the key in {key}", hint="correct the password"
        )
    if getattr(error, "reason", "") == _ANOTHER_KEY:
        return SettingsError(
            f"the key in {key} doesn't belong to the certificate in {certificate.certificate}",
            hint="name the key that was made with the certificate",
        )
    both = str(key) if key == certificate.certificate else f"{certificate.certificate} and {key}"
    return SettingsError(
        f"no client certificate with its key can be read from {both}",
        hint=f"{_IN_PEM} CERTIFICATE-----, and the key with -----BEGIN PRIVATE KEY-----",
    )


def _check_readable(path: Path, what: str) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        why = (error.strerror or "it can't be opened").lower()
        raise SettingsError(
            f"{path}, which should hold {what}, can't be read: {why}", hint="correct the path"
        ) from error


def fault_of(proxy: Proxy, context: ssl.SSLContext) -> ssl.SSLError | None:
    """Why no encrypted connection to a proxy can be made; None where one can. Nothing is sent.

    Args:
        proxy: The proxy, whose address begins with https.
        context: How connections to it are encrypted.
    """
    try:
        _look(proxy.host, proxy.port, None, context)
    except ssl.SSLError as error:
        return error
    except OSError:
        return None  # it isn't there now
    return None


def signer_of(host: str, port: int, proxy: Proxy | None) -> str:
    """Who signed the certificate that a service shows; empty where that can't be had.

    Nothing is sent to it: the connection ends when the certificate is seen. What a certificate
    says is told of a trusted one only, so it is looked at again with nothing but itself trusted.
    It isn't looked at through a proxy that has to be spoken to encrypted: `http.client` can't do
    that, and would send the proxy's password in the clear.
    """
    if proxy is not None and proxy.url.startswith("https:"):
        return ""
    try:
        unseen = _accepting()
        unseen.verify_mode = ssl.CERT_NONE
        shown, _ = _look(host, port, proxy, unseen)
        itself = _accepting()
        itself.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        itself.load_verify_locations(cadata=shown)
        _, told = _look(host, port, proxy, itself)
    except (OSError, HTTPException, ValueError):
        return ""
    names = {name: value for part in told.get("issuer", ()) for name, value in part}
    return plain_words(names.get("commonName") or names.get("organizationName") or "")


def _accepting() -> ssl.SSLContext:
    """A context that trusts nobody so far, and takes any host's name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    return context


def _look(
    host: str, port: int, proxy: Proxy | None, context: ssl.SSLContext
) -> tuple[bytes, Mapping[str, Any]]:
    """The certificate that a service shows, and what it says where the context trusts it."""
    at = (host, port) if proxy is None else (proxy.host, proxy.port)
    with closing(HTTPSConnection(*at, timeout=_LOOK, context=context)) as connection:
        if proxy is not None:
            log_in = proxy.log_in
            coded = b64encode(":".join(log_in).encode()).decode() if log_in else ""
            proof = {"Proxy-Authorization": f"Basic {coded}"} if log_in else {}
            connection.set_tunnel(host, port, proof)
        connection.connect()
        sock: ssl.SSLSocket = connection.sock
        return sock.getpeercert(binary_form=True) or b"", sock.getpeercert() or {}
