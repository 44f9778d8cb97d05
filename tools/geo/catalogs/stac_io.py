"""How pystac-client reaches a STAC API: only through our client, only on the catalog's own host."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx
import pystac
from pystac_client.stac_api_io import StacApiIO

from ...errors import ToolError
from ...net.client import HttpClient
from ...net.policy import Destination, refused, shown

MAX_PAGE_BYTES: Final = 32 * 1024**2


class PolicedIO(StacApiIO):
    """Answers pystac-client from a host; at most `requests` questions, no file of this machine."""

    def __init__(
        self, client: HttpClient, endpoint: str, landing: str | None = None, requests: int = 1
    ) -> None:
        super().__init__(max_retries=None)
        self._client = client
        self._home: Destination = client.policy.judge(endpoint)
        self._endpoint = str(self._home.url)
        self._landing = landing
        self._left = requests

    def read_text(self, source: pystac.link.HREF, *args: Any, **kwargs: Any) -> str:
        """Return what a link or an address of the host answers; a path is never opened."""
        if isinstance(source, pystac.Link):
            return super().read_text(source, *args, **kwargs)
        return self.request(str(source), *args, **kwargs)

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """Ask an address of the host; headers that a link wants to be sent are left out."""
        verb = (method or "GET").upper()
        there = self._client.policy.follow(self._home, href)
        if there.place != self._home.place:
            raise refused(href, "a link of the catalog leaves its host", self._endpoint)
        if self._landing is not None and there == self._home and verb == "GET":
            return self._landing
        self._spend()
        url = str(there.url)
        if verb == "POST":
            reply = self._client.fetch(
                url,
                origin=self._endpoint,
                method="POST",
                json=parameters or {},
                max_bytes=MAX_PAGE_BYTES,
            )
        elif verb == "GET":
            whole = str(httpx.URL(url).copy_merge_params(_flat(parameters)))
            reply = self._client.fetch(whole, origin=self._endpoint, max_bytes=MAX_PAGE_BYTES)
        else:
            raise refused(href, f"a link of the catalog asks for {verb[:10]!r}", self._endpoint)
        return reply.body.decode("utf-8", errors="replace")

    def write_text_to_href(self, href: str, *args: Any, **kwargs: Any) -> None:
        """Refuse: a catalog is only read."""
        raise refused(href, "a catalog is only read", self._endpoint)

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ToolError(
                f"catalog {shown(self._endpoint)!r} answers in too many pages; name a smaller "
                "area or a shorter period",
                kind="too_large",
            )


def _flat(parameters: dict[str, Any] | None) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (parameters or {}).items()
        if value is not None
    }
