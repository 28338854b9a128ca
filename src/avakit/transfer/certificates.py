"""Whom to believe: where this machine keeps the certificates of its authorities.

libcurl looks for them where the machine had them that it was built on, which is seldom where this one has
them.
"""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
)


@dataclass(frozen=True)
class Authorities:
    """A file or a folder of certificates; if neither is set, the system's own store is asked (Windows)."""

    file: str | None = None
    folder: str | None = None


def authorities() -> Authorities:
    """Return what `CURL_CA_BUNDLE`, `SSL_CERT_FILE` or `SSL_CERT_DIR` name, else what the system has."""
    named = os.environ.get("CURL_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    if named:
        return Authorities(file=named)
    if folder := os.environ.get("SSL_CERT_DIR"):
        return Authorities(folder=folder)
    known = ssl.get_default_verify_paths()
    for file in (known.cafile, *_FILES):
        if file and Path(file).is_file():
            return Authorities(file=file)
    return Authorities(folder=known.capath)
