"""The connection to S3-compatible storage, and what its refusals mean in words.

Credentials, region and certificates come from where every program of AWS takes them: the environment or `~/.aws`.
Nothing here reads, keeps or shows them. boto3 is imported where an address is met, so that no local run waits for it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from affectflow.core.errors import InputError

ENDPOINT = "AWS_ENDPOINT_URL_S3"
_CREDENTIALS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write ~/.aws/credentials"
_MEANINGS = {
    "NoSuchBucket": "there is no such bucket; expected an existing one",
    "NoSuchKey": "there is no such object any more; run again",
    "404": "there is no such object any more; run again",
    "403": "access denied; expected credentials that may list the bucket and read its objects",
    "AccessDenied": "access denied; expected credentials that may list the bucket and read its objects",
    "InvalidAccessKeyId": f"the storage does not know the access key; {_CREDENTIALS}",
    "SignatureDoesNotMatch": f"the secret key does not belong to the access key; {_CREDENTIALS}",
    "ExpiredToken": "the session token has expired; log in again",
}


def use_endpoint(url: str) -> None:
    """Ask the storage at `url` in this process and in all jobs that it starts: they inherit its environment."""
    os.environ[ENDPOINT] = url


def new_client() -> Any:
    """boto3's client of S3.

    Raises:
        InputError: boto3 is not installed.
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise InputError(f"s3:// addresses need boto3: {error}; run `make install`") from error
    return boto3.client("s3", config=Config(connect_timeout=10, retries={"mode": "standard"}))


@contextmanager
def explain_refusals(address: str) -> Iterator[None]:
    """Say in words what the storage refused within the block.

    Raises:
        InputError: names the address, what was found and what was expected.
    """
    try:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
    except ImportError:  # new_client says so
        yield
        return
    try:
        yield
    except ClientError as error:
        code, message = (error.response["Error"].get(key, "") for key in ("Code", "Message"))
        raise InputError(f"{address}: {_MEANINGS.get(code, 'refused by the storage')} ({code}: {message})") from error
    except NoCredentialsError as error:
        raise InputError(f"{address}: no credentials found; {_CREDENTIALS}") from error
    except (BotoCoreError, Boto3Error, ValueError) as error:  # of these, the last is an endpoint that is no URL
        raise InputError(
            f"{address}: the storage cannot be used ({error}); expected S3-compatible storage that answers at "
            "corpus.endpoint_url, or at AWS where that is not set"
        ) from error
