"""Addresses that need a short-lived key: who adds it, and when a new one is asked for.

The token signer follows the SAS token service of Microsoft Planetary Computer: the token of a
storage account and container is fetched from `{endpoint}/{account}/{container}` and appended to
the query of the blob's address.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from ...errors import ToolError
from ...net.client import HttpClient
from ...net.policy import shown

_MARGIN_S: Final = 60.0
_MAX_TOKEN_BYTES: Final = 64 * 1024
_NAME: Final = re.compile(r"[a-z0-9$][a-z0-9-]{0,62}")
_TOKEN: Final = r"^[A-Za-z0-9%=&:+./_~-]{1,4000}$"
BLOB_HOSTS: Final = ".blob.core.windows.net"


class Signer(Protocol):
    """Adds to an asset's address what its server asks for."""

    def sign(self, url: str) -> str:
        """Return the address to be asked; an address it does not know is returned as it is."""
        ...


class Unsigned:
    """Signs nothing."""

    def sign(self, url: str) -> str:
        """Return the address as it is."""
        return url


unsigned: Final = Unsigned()


class _Token(BaseModel):
    token: str = Field(pattern=_TOKEN)
    expiry: AwareDatetime = Field(alias="msft:expiry")


class TokenSigner:
    """Appends a shared access signature, asked from a token endpoint and kept until it expires.

    Only addresses whose host is `{account}{hosts}` are signed, so a key never goes elsewhere.
    """

    def __init__(
        self,
        client: HttpClient,
        endpoint: str,
        *,
        hosts: str = BLOB_HOSTS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._endpoint = endpoint.rstrip("/")
        self._hosts = hosts
        self._now = now
        self._tokens: dict[tuple[str, str], tuple[str, float]] = {}

    def sign(self, url: str) -> str:
        """Return a blob's address with a valid token in its query."""
        parts = urlsplit(url)
        if not (parts.hostname or "").endswith(self._hosts) or "sig" in parse_qs(parts.query):
            return url
        account = (parts.hostname or "").removesuffix(self._hosts)
        container = parts.path.lstrip("/").split("/", 1)[0]
        if not _NAME.fullmatch(account) or not _NAME.fullmatch(container):
            return url
        joint = "&" if parts.query else "?"
        return f"{url.split('#', 1)[0]}{joint}{self._token(account, container)}"

    def _token(self, account: str, container: str) -> str:
        token, expiry = self._tokens.get((account, container), ("", 0.0))
        if not token or expiry - _MARGIN_S <= self._now():
            token, expiry = self._ask(f"{self._endpoint}/{account}/{container}")
            self._tokens[account, container] = token, expiry
        return token

    def _ask(self, url: str) -> tuple[str, float]:
        reply = self._client.fetch(url, max_bytes=_MAX_TOKEN_BYTES)
        try:
            answer = _Token.model_validate_json(reply.body)
        except ValidationError as error:
            raise ToolError(
                f"token endpoint {shown(url)!r} gave no usable token; check the catalog's signer",
                kind="bad_data",
            ) from error
        return answer.token, answer.expiry.timestamp()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_tokens": {}}
