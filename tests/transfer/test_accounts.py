from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.errors import UsageError
from avakit.transfer.accounts import account, place, secrets

KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s3cret"}


@pytest.mark.parametrize(
    ("url", "folder", "name"),
    [
        ("s3://ava", "", "s3://ava"),
        ("s3://ava/", "", "s3://ava"),
        ("gs://ava.example/a/b/", "a/b/", "gs://ava.example/a/b"),
        ("az://ava/a b", "a b/", "az://ava/a b"),
    ],
)
def test_addresses(url: str, folder: str, name: str) -> None:
    found = place(url)
    assert (found.folder, found.name) == (folder, name)


@given(st.text(max_size=30).map(lambda text: f"s3://ava/{text}"))
def test_folders_stay_in_their_bucket(url: str) -> None:
    try:
        folder = place(url).folder
    except UsageError:
        return
    assert folder == "" or folder.endswith("/")
    assert not {"", ".", ".."} & set(folder.split("/")[:-1])
    assert folder.isprintable()


def test_nobody_is_asked_as_where_nothing_is_set(tmp_path: Path) -> None:
    s3 = account("s3", {}, tmp_path)
    assert (s3.config, s3.plain) == ({"skip_signature": True, "region": "us-east-1"}, False)
    assert account("gs", {}, tmp_path).config == {"skip_signature": True}
    assert account("az", {"AZURE_STORAGE_ACCOUNT_NAME": "me"}, tmp_path).config == {"skip_signature": True}
    with pytest.raises(UsageError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        account("az", {}, tmp_path)


def test_the_environment_comes_first(tmp_path: Path) -> None:
    write(tmp_path)
    assert account("s3", {**KEYS, "AWS_REGION": "eu-west-1"}, tmp_path).config == {}
    assert account("s3", {**KEYS, "AWS_DEFAULT_REGION": "eu-west-1"}, tmp_path).config == {
        "region": "eu-west-1"
    }
    assert account("gs", {"GOOGLE_SERVICE_ACCOUNT": "x.json"}, tmp_path).config == {}
    azure = {"AZURE_STORAGE_ACCOUNT_NAME": "me", "AZURE_STORAGE_SAS_TOKEN": "s3cret"}
    assert account("az", azure, tmp_path).config == {}


def test_then_the_tools_files(tmp_path: Path) -> None:
    write(tmp_path)
    known = {"access_key_id": "AKIAFILE", "secret_access_key": "of%file", "region": "eu-west-3"}
    assert account("s3", {}, tmp_path).config == known
    other = account("s3", {"AWS_PROFILE": "lab"}, tmp_path).config
    assert other == {
        "access_key_id": "LAB",
        "secret_access_key": "lab",
        "session_token": "t",
        "region": "us-lab-1",
    }
    assert account("s3", {"AWS_PROFILE": "none"}, tmp_path).config["skip_signature"] is True
    (tmp_path / ".aws" / "credentials").write_bytes(b"\xff[[what")
    assert account("s3", {}, tmp_path).config == {"region": "eu-west-3", "skip_signature": True}
    gcloud = tmp_path / ".config" / "gcloud" / "application_default_credentials.json"
    gcloud.parent.mkdir(parents=True)
    gcloud.write_text("{}")
    assert account("gs", {}, tmp_path).config == {}


def write(home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = of%file\n"
        "[lab]\naws_access_key_id=LAB\naws_secret_access_key=lab\naws_session_token=t\n"
    )
    (home / ".aws" / "config").write_text("[default]\nregion=eu-west-3\n[profile lab]\nregion = us-lab-1\n")


def test_an_endpoint_is_plain_if_the_environment_says_so(tmp_path: Path) -> None:
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"):
        found = account("s3", {name: "http://minio:9000"}, tmp_path)
        assert (found.config["endpoint"], found.plain) == ("http://minio:9000", True)
    assert not account("s3", {"AWS_ENDPOINT_URL": "https://minio:9000"}, tmp_path).plain


def test_what_must_stand_in_no_message() -> None:
    environ = {**KEYS, "AZURE_STORAGE_SAS_TOKEN": "sig=abc", "HOME": "/home/me", "A_TOKEN": "x"}
    assert secrets(environ, {"secret_access_key": "of the file"}) == (
        *("of the file", "sig=abc", "s3cret", "AKIA"),
    )
