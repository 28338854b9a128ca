"""Buckets: their addresses, and as whom they are asked, from what the clouds' own tools leave in the
environment and in their files.
"""

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from avakit.errors import UsageError

_ADDRESS = re.compile(r"(s3|gs|az)://([A-Za-z0-9][A-Za-z0-9._-]{1,221})(?:/(.*))?")
_SIGNERS = {
    "s3": (
        *("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_SKIP_SIGNATURE"),
        *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ),
    "gs": (
        *("GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH", "GOOGLE_SERVICE_ACCOUNT_KEY"),
        *("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_BEARER_TOKEN", "GOOGLE_SKIP_SIGNATURE"),
    ),
    "az": (
        *("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_MASTER_KEY"),
        *("AZURE_STORAGE_SAS_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_TOKEN"),
        *("AZURE_STORAGE_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"),
        *("AZURE_MSI_ENDPOINT", "AZURE_IDENTITY_ENDPOINT", "IDENTITY_ENDPOINT", "AZURE_USE_AZURE_CLI"),
        "AZURE_SKIP_SIGNATURE",
    ),
}
_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
HOW_TO_SET = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION (or a profile in ~/.aws)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS (or run gcloud auth application-default login)",
    "az": "AZURE_STORAGE_ACCOUNT_NAME, and AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
}
"""What to set in the environment, for each kind of bucket."""

_SECRET = re.compile(r"KEY|SECRET|TOKEN|SAS|PASSWORD|CREDENTIAL")


@dataclass(frozen=True)
class Place:
    """A bucket, and the folder in it: empty, or with a slash behind it."""

    scheme: str
    bucket: str
    folder: str

    @property
    def name(self) -> str:
        """Its address."""
        return f"{self.scheme}://{self.bucket}/{self.folder}".rstrip("/")


@dataclass(frozen=True)
class Account:
    """How a bucket is asked: what obstore is told besides what it finds in the environment itself.

    `plain`: not encrypted, as the environment's own endpoint says.
    """

    config: Mapping[str, str | bool]
    plain: bool


def place(url: str) -> Place:
    """Take the address of a bucket apart. Raises `UsageError` if it is none, never showing it: a password
    may stand in it.
    """
    match = _ADDRESS.fullmatch(url.strip())
    folder = (match[3] or "").strip("/") if match else ""
    wrong = any(part in ("", ".", "..") for part in folder.split("/")) if folder else False
    if match is None or wrong or not folder.isprintable() or any(sign in folder for sign in "?#\\@"):
        raise UsageError(
            "That is no address of a bucket", "Give bucket=s3://NAME/FOLDER, or gs:// or az://; no password."
        )
    return Place(match[1], match[2], f"{folder}/" if folder else "")


def account(scheme: str, environ: Mapping[str, str], home: Path) -> Account:
    """Return as whom to ask: the environment's account, else that of the tools' own files, else nobody.

    Nobody (anonymous) rather than the machine's own role, which takes long to find out where there is none.
    Raises `UsageError` for Azure without the name of an account.
    """
    config: dict[str, str | bool] = {}
    if scheme == "az" and not environ.get("AZURE_STORAGE_ACCOUNT_NAME"):
        raise UsageError(
            "az:// needs the name of the account that the container is in", f"Set {HOW_TO_SET['az']}."
        )
    if not any(environ.get(name) for name in _SIGNERS[scheme]):
        config = dict(_aws_files(environ, home)) if scheme == "s3" else {}
        if "access_key_id" not in config and not (scheme == "gs" and _of_gcloud(home).is_file()):
            config["skip_signature"] = True
    endpoint = next((environ[name] for name in _ENDPOINTS[scheme] if environ.get(name)), "")
    if endpoint and scheme == "s3":
        config["endpoint"] = endpoint
    if scheme == "s3" and "region" not in config and not environ.get("AWS_REGION"):
        config["region"] = environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return Account(config, endpoint.lower().startswith("http://"))


def secrets(environ: Mapping[str, str], config: Mapping[str, str | bool]) -> tuple[str, ...]:
    """Return what must stand in no message, whoever wrote it: the longest first."""
    values = [value for name, value in environ.items() if _SECRET.search(name.upper())]
    values += [
        value for name, value in config.items() if isinstance(value, str) and _SECRET.search(name.upper())
    ]
    return tuple(sorted((value for value in values if len(value) > 3), key=len, reverse=True))


def _of_gcloud(home: Path) -> Path:
    return home / ".config" / "gcloud" / "application_default_credentials.json"


def _aws_files(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return what a profile of the AWS tools says, as obstore names it."""
    profile = environ.get("AWS_PROFILE") or "default"
    files = {
        environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / ".aws" / "credentials": profile,
        environ.get("AWS_CONFIG_FILE") or home / ".aws" / "config": (
            profile if profile == "default" else f"profile {profile}"
        ),
    }
    known = {
        "aws_access_key_id": "access_key_id",
        "aws_secret_access_key": "secret_access_key",
        "aws_session_token": "session_token",
        "region": "region",
    }
    found: dict[str, str] = {}
    for file, section in files.items():
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        for key, name in known.items():
            if parser.has_option(section, key):
                found.setdefault(name, parser.get(section, key).strip())
    return found
