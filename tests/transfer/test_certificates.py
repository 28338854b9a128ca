import shutil
import ssl
import subprocess
import threading
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from avakit.errors import TransferError
from avakit.transfer.certificates import Authorities, authorities
from avakit.transfer.http import Http

NAMES = ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    found = authorities()
    assert found.file is None or Path(found.file).is_file()
    monkeypatch.setenv("SSL_CERT_DIR", "/folder")
    assert authorities() == Authorities(folder="/folder")
    monkeypatch.setenv("SSL_CERT_FILE", "/file")
    assert authorities() == Authorities(file="/file")


class Quiet(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"movie")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_who_cannot_prove_who_it_is_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with HTTPServer(("127.0.0.1", 0), Quiet) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        url = f"https://127.0.0.1:{server.server_address[1]}/x.mp4"
        try:
            with (
                Http(stall=5) as http,
                pytest.raises(TransferError, match="could not prove who it is") as caught,
            ):
                http.open(url)
            assert type(caught.value) is TransferError
            monkeypatch.setenv("SSL_CERT_FILE", str(cert))
            with Http(stall=5) as http:
                assert b"".join(http.open(url).read(0, None)) == b"movie"
                with pytest.raises(TransferError, match="could not prove who it is"):
                    http.open(url.replace("127.0.0.1", "localhost"))
        finally:
            server.shutdown()
            thread.join()
