"""The way into one server of the web: who we are is told once it asked, and to no other server."""

from urllib.parse import urlsplit

from avakit.errors import LoginNeeded
from avakit.transfer.address import target
from avakit.transfer.credentials import Login, how_to_set, in_netrc, login_for, signed_in
from avakit.transfer.http import Http, HttpReader


class Entrance:
    """Opens files of the server that a person named; see `transfer.credentials` for what it is told."""

    def __init__(self, url: str, http: Http, advice: str = "") -> None:
        """Lead to the server of `url`. `advice`: what to do when it lets nobody in. Raises `UsageError` if
        it is no URL.
        """
        asked = target(url)
        self.advice = advice
        self._url = asked.url
        self._http = http
        self._login = None if asked.user is None else Login(asked.user, asked.password or "", "the URL")

    def open(self, url: str) -> HttpReader:
        """Open a file there. Raises as `Http.open`; `LoginNeeded` says what was told, and what to set."""
        login = self._login
        try:
            return self._http.open(signed_in(url, login))
        except LoginNeeded as error:
            login = login_for(url) if login is None and error.asked and self._is_here(error) else None
            if login is None:
                raise self._refusal(error, self._login) from error
        try:
            reader = self._http.open(signed_in(url, login))
        except LoginNeeded as error:
            raise self._refusal(error, login) from error
        self._login = login
        return reader

    def _refusal(self, error: LoginNeeded, login: Login | None) -> LoginNeeded:
        """Return what a refusal means: nobody was named, the wrong one, or it is closed in any case."""
        if not error.asked:
            return LoginNeeded(error.what, f"{self.advice} {error.advice}".strip())
        if not self._is_here(error):
            what = f"{error.what}: it is another server than {self._origin}, and is told no password"
            return LoginNeeded(what, "If it is meant, give its own address.", asked=True)
        where = login.where if login else "netrc" if in_netrc(self._url) else None
        if where is None:
            what = f"{error.what}: it asks for a name and a password, and none is set"
        else:
            what = f"{error.what}: it does not accept the name and the password of {where}"
        return LoginNeeded(what, f"{self.advice} {how_to_set(self._url)}".strip(), asked=True)

    @property
    def _origin(self) -> str:
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.netloc}/"

    def _is_here(self, error: LoginNeeded) -> bool:
        """Return whether it was this server that refused, and not one that it sent on to."""
        return error.what.startswith(self._origin)
