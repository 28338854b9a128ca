"""Why a connection failed, in sentences: libcurl's codes as errors of avakit."""

from dataclasses import dataclass

import pycurl

from avakit.errors import LoginNeeded, NetworkFailed, TransferError, Truncated
from avakit.transfer.address import plain
from avakit.transfer.answers import failure
from avakit.transfer.curl import CONNECT_SECONDS, Failed

# 97 is CURLE_PROXY: a failed handshake with the proxy, such as of SOCKS; pycurl has no name for it.
_PROXY = {pycurl.E_COULDNT_RESOLVE_PROXY, 97}
_TLS = {
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_ISSUER_ERROR,
}
_CHECK = "Check the network and --proxy, then run again."


@dataclass(frozen=True)
class Circumstances:
    """What is known of a request that failed. `refused`: the closed address that a redirect wanted to
    reach."""

    name: str
    proxied: bool = False
    tunnel_status: int = 0
    refused: str | None = None


def connection_error(failed: Failed, at: Circumstances) -> TransferError:
    """Return the error that a failure of the connection means; libcurl's words stand behind it in
    brackets."""
    said = f" [{plain(failed.text)}]" if failed.text else ""
    if at.refused is not None:
        return refused_redirect(at.name, at.refused)
    if at.proxied and at.tunnel_status >= 400:
        answer = failure(at.tunnel_status, {}, f"The proxy on the way to {at.name}")
        if isinstance(answer, LoginNeeded) and at.tunnel_status == 407:
            return answer
        return NetworkFailed(
            f"The proxy refused the way to {at.name}, with status {at.tunnel_status}{said}",
            _CHECK,
            reached=False,
        )
    if failed.code in _PROXY or (at.proxied and failed.code == pycurl.E_COULDNT_CONNECT):
        return NetworkFailed(
            f"The proxy on the way to {at.name} cannot be reached{said}", "Check --proxy.", reached=False
        )
    if failed.code in _TLS:
        return TransferError(
            f"{at.name} could not prove who it is{said}",
            "Check the clock of this machine, and whether a proxy looks into encrypted connections.",
        )
    return _broken(failed, at.name, said)


def refused_redirect(name: str, address: str) -> TransferError:
    """Return the error of a redirect from the internet into a closed network, which is not followed."""
    return TransferError(
        f"{name} sends on to {address}, an address of this machine or of its local network",
        "That is not followed. If it is meant, give that address itself.",
    )


def _broken(failed: Failed, name: str, said: str) -> TransferError:
    if failed.code == pycurl.E_COULDNT_RESOLVE_HOST:
        return NetworkFailed(f"The host of {name} is not known{said}", _CHECK, reached=False)
    if failed.code == pycurl.E_COULDNT_CONNECT:
        return NetworkFailed(f"No connection to {name}{said}", _CHECK, reached=False)
    if failed.code == pycurl.E_OPERATION_TIMEDOUT:
        return NetworkFailed(
            f"No connection to {name} within {CONNECT_SECONDS} seconds{said}", _CHECK, reached=False
        )
    if failed.code == pycurl.E_PARTIAL_FILE:
        return Truncated(
            f"{name} gave fewer bytes than it announced{said}", "Run again, or give another --source."
        )
    if failed.code == pycurl.E_SSL_CONNECT_ERROR:
        return NetworkFailed(f"No encrypted connection to {name}{said}", _CHECK)
    return NetworkFailed(f"The connection to {name} broke{said}", _CHECK)
