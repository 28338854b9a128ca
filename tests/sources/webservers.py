"""Real web servers on loopback that show directory pages behind a name and a password."""

import base64
import contextlib
import hashlib
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

NGINX = "/usr/sbin/nginx"
APACHE = "/usr/sbin/apache2"
USER, PASSWORD = "ava user", "s3cr:t/ pä%ss"

_NGINX = """
user root; worker_processes 1; daemon off; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ }}
http {{
  access_log {root}/access.log; client_body_temp_path {root}/b; proxy_temp_path {root}/p;
  fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s; charset utf-8;
  types {{ video/mp4 mp4; video/x-matroska mkv; text/html html; }} default_type application/octet-stream;
  server {{
    listen 127.0.0.1:{port}; root {root}/www; autoindex on;
    auth_basic_user_file {root}/pw;
    location /human/ {{ alias {root}/www/; autoindex_exact_size off; auth_basic "AVA"; }}
    location /exact/ {{ alias {root}/www/; auth_basic "AVA"; }}
    location /open/ {{ alias {root}/www/; }}
    location /away/ {{ return 302 http://localhost:{port}/exact/; }}
    location /signed/ {{ return 302 /login.html; }}
    location = /login.html {{ root {root}/pages; }}
  }}
}}
"""

_APACHE = """
ServerRoot {root}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {root}/apache.pid
ErrorLog {root}/error.log
User {user}
Group {user}
DocumentRoot {root}/www
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authn_file_module {modules}/mod_authn_file.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule auth_basic_module {modules}/mod_auth_basic.so
LoadModule autoindex_module {modules}/mod_autoindex.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule mime_module {modules}/mod_mime.so
TypesConfig /dev/null
AddType video/mp4 .mp4
AddType video/x-matroska .mkv
Alias /table {root}/www
Alias /fancy {root}/www
Alias /plain {root}/www
<Directory {root}/www>
  Options Indexes FollowSymLinks
  Require all granted
</Directory>
<Location /table>
  IndexOptions FancyIndexing HTMLTable
</Location>
<Location /fancy>
  IndexOptions FancyIndexing
</Location>
<LocationMatch "^/(table|fancy|plain)">
  AuthType Basic
  AuthName "AVA"
  AuthUserFile {root}/pw
  Require valid-user
</LocationMatch>
"""


@dataclass(frozen=True)
class Server:
    url: str
    www: Path
    root: Path

    def log(self) -> list[str]:
        """Return the lines of nginx's log of all requests so far.

        Its one process writes a line after the answer went out, so that a client may be ahead of it: one more
        request is made, and waited for.
        """
        mark = f"/seen-{time.monotonic_ns()}"
        with contextlib.suppress(urllib.error.HTTPError):  # there is no such file
            urllib.request.urlopen(f"{self.url}{mark}", timeout=10).close()
        deadline = time.monotonic() + 10
        while mark not in (text := (self.root / "access.log").read_text()):
            assert time.monotonic() < deadline, "nginx wrote no log"
            time.sleep(0.01)
        return [line for line in text.splitlines() if "/seen-" not in line]

    def told(self) -> int:
        """Return in how many requests so far nginx was told the right name."""
        return sum(f"- {USER} [" in line for line in self.log())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def nginx() -> AbstractContextManager[Server]:
    """`/open/`, and behind a login `/exact/` and `/human/` (sizes as `365M`); all show the same files."""
    return _running(_NGINX, lambda root: [NGINX, "-p", f"{root}", "-c", f"{root}/conf", "-e", f"{root}/e"])


def apache() -> AbstractContextManager[Server]:
    """Behind a login `/table/`, `/fancy/` and `/plain/`: Apache's three ways to show the same files."""
    return _running(_APACHE, lambda root: [APACHE, "-f", f"{root}/conf", "-DFOREGROUND"])


@contextlib.contextmanager
def _running(text: str, command: Callable[[Path], list[str]]) -> Iterator[Server]:
    """Run a server in a folder of its own: Apache never works as root, and may not look into pytest's."""
    with tempfile.TemporaryDirectory(prefix="avakit-web") as made:
        root = Path(made)
        root.chmod(0o755)
        with _serving(root, text, command(root)) as server:
            yield server


@contextlib.contextmanager
def _serving(root: Path, text: str, command: list[str]) -> Iterator[Server]:
    for place in ("www/trainval", "www/test", "pages"):
        (root / place).mkdir(parents=True)
    (root / "pages" / "login.html").write_text('<form><input name="p" type="password"></form>')
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    (root / "pw").write_text(f"{USER}:{{SHA}}{digest}\n")
    port = free_port()
    user = "www-data" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
    text = text if os.geteuid() == 0 else text.replace("user root; ", "")
    (root / "conf").write_text(
        text.format(root=root, port=port, user=user, modules="/usr/lib/apache2/modules")
    )
    with (root / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=root)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None, (root / "said").read_text()
            time.sleep(0.05)
        yield Server(f"http://127.0.0.1:{port}", root / "www", root)
    finally:
        process.terminate()
        process.wait(10)


def fill(www: Path, movie: Path | None = None) -> dict[str, str]:
    """Put 20 files there; return in which container each id lies."""
    names = {
        "-5KQ66BBWC4": "mp4", "_2Isct32Msg": "mkv", "lSCEt_mCHlM": "mkv", "-FaXLcSFjUI": "mp4",
    } | {f"video{n:06d}": ("mp4", "mkv", "webm")[n % 3] for n in range(16)}  # fmt: skip
    for id_, container in names.items():
        (www / f"{id_}.{container}").write_bytes(b"x" * 1000)
    os.truncate(www / "_2Isct32Msg.mkv", 365 * 2**20)
    os.truncate(www / "lSCEt_mCHlM.mkv", int(2.6 * 2**30))
    if movie is not None:
        (www / "-5KQ66BBWC4.mp4").write_bytes(movie.read_bytes())
    (www / "README &amp; <notes>%20.txt").write_text("no movie")
    for path in www.iterdir():
        os.utime(path, (1496318400, 1496318400))  # of a file of this minute, Apache gives no parts
    return names
