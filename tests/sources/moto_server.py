"""moto's S3 server, with a bucket `ava` of 1,000 keys and a user, in a process of its own.

Arguments: the port, and a movie that lies at `copy/trainval/-5KQ66BBWC4.mp4`. Prints the user's key and
secret.
"""

import json
import sys
from pathlib import Path

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.server import main

KEYS = 1000
OWNER = "123456789012"


def fill(movie: Path | None) -> dict[str, str]:
    """Make the bucket and the user; return key and secret."""
    store = s3_backends[OWNER]["aws"]
    store.create_bucket("ava", "us-east-1")
    content = b"" if movie is None else movie.read_bytes()
    store.put_object("ava", "copy/trainval/-5KQ66BBWC4.mp4", content)
    store.put_object("ava", "copy/_2Isct32Msg.mkv", b"x" * 1000)
    for number in range(KEYS - 2):
        store.put_object("ava", f"copy/test/video{number:06d}.mp4", b"x" * 100)
    users = iam_backends[OWNER]["aws"]
    users.create_user("us-east-1", "reader")
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    users.put_user_policy("reader", "all", json.dumps(allowed))
    key = users.create_access_key("reader")
    return {"key": key.access_key_id, "secret": key.secret_access_key}


if __name__ == "__main__":
    print(json.dumps(fill(Path(sys.argv[2]) if len(sys.argv) > 2 else None)), flush=True)
    main(["-H", "127.0.0.1", "-p", sys.argv[1]])
