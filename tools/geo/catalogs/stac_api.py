"""Catalogs behind a STAC API (version 1.0.x): searched through pystac-client over our own client.

Every search is bounded in items, pages and bytes; the answer is checked against the question again,
because a server may ignore any part of it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pystac
from pydantic import BaseModel, Field, ValidationError
from pystac_client import Client
from pystac_client.conformance import ConformanceClasses
from pystac_client.exceptions import APIError
from pystac_client.warnings import PystacClientWarning
from shapely.geometry.base import BaseGeometry

from ...errors import RetryableToolError, ToolError
from ...net.cache import DiskCache
from ...net.client import HttpClient
from ...net.policy import AllowedHost, UrlPolicy, shown
from ..catalog import UNDATED, CollectionInfo, Interval, Scene
from ..stac_json import Extent, Link
from .signing import Signer, TokenSigner, unsigned
from .stac_assets import RemoteAsset
from .stac_endpoints import ALIASES, KNOWN, Endpoint
from .stac_io import MAX_PAGE_BYTES, PolicedIO
from .stac_items import footprint, known_bands, scene_of
from .stac_query import when, where

if TYPE_CHECKING:
    import geopandas as gpd

MAX_SCENES: Final = 2000
MAX_COLLECTIONS: Final = 500
MAX_PAGES: Final = 40
PAGE_ITEMS: Final = 100
_DAY: Final = timedelta(days=1)
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}")
_NEEDED: Final = (
    ("core", ConformanceClasses.CORE),
    ("item-search", ConformanceClasses.ITEM_SEARCH),
    ("collections", ConformanceClasses.COLLECTIONS),
)
_MISREAD: Final = (pystac.STACError, APIError, ValueError, KeyError, TypeError, AttributeError)


class _Landing(BaseModel):
    conforms_to: tuple[str, ...] = Field((), alias="conformsTo")
    links: tuple[Link, ...] = ()
    id: str


class _Summaries(BaseModel):
    id: str
    extent: Extent
    item_assets: dict[str, Any] = {}


class StacApiCatalog:
    """The scene collections of a STAC API; `root` holds nothing but the cache of what was read."""

    def __init__(
        self,
        endpoint: Endpoint,
        client: HttpClient,
        cache: DiskCache,
        signer: Signer = unsigned,
        *,
        address: str | None = None,
    ) -> None:
        self.root: Path = cache.folder
        self.address = address or endpoint.url
        self._endpoint = endpoint
        self._client = client
        self._cache = cache
        self._signer = signer
        self._landing, self._method = self._read_landing()
        self._infos = self._read_collections()

    def collections(self) -> tuple[CollectionInfo, ...]:
        """Return the collections that have bands, in the order asked for."""
        return self._infos

    def search_scenes(
        self, collection: str, aoi: BaseGeometry, interval: Interval
    ) -> tuple[Scene, ...]:
        """Return the scenes that intersect the AOI in the interval, oldest first."""
        info = self._known(collection)
        found: dict[str, Scene] = {}
        with self._asking(MAX_PAGES) as client:
            items = client.search(
                method=self._method,
                collections=[info.id],
                datetime=when(interval),
                max_items=MAX_SCENES + 1,
                limit=PAGE_ITEMS,
                **where(aoi, self._method),
            ).items_as_dicts()
            for count, item in enumerate(items, start=1):
                if count > MAX_SCENES:
                    raise RetryableToolError(
                        f"more than {MAX_SCENES} scenes of {info.id!r} match; name a smaller "
                        "area or a shorter period",
                        kind="too_large",
                    )
                if item.get("collection") not in (None, info.id):
                    continue
                scene = scene_of(item, info.id, self._reaches)
                if interval.start <= scene.day < interval.end and footprint(item).intersects(aoi):
                    found.setdefault(scene.id, scene)
        return tuple(sorted(found.values(), key=lambda scene: (scene.day, scene.id)))

    def read_features(
        self,
        collection: str,
        aoi: BaseGeometry,
        interval: Interval,
        classes: tuple[str, ...] | None,
    ) -> gpd.GeoDataFrame:
        """Refuse: a STAC API holds scenes only."""
        raise RetryableToolError(
            f"collection {collection!r} holds scenes, not features; no collection of this catalog "
            "does",
            kind="bad_argument",
        )

    def asset(self, href: str) -> RemoteAsset:
        """Return the raster at a scene's asset address, which the policy must allow."""
        self._client.policy.judge(href, self._endpoint.url)
        return RemoteAsset(href, self._endpoint.url, self._client, self._cache, self._signer)

    def _reaches(self, href: str) -> bool:
        """Return whether an asset is at an http(s) address; a forbidden one is an error."""
        if not href.lower().startswith(("http://", "https://")):
            return False
        self.asset(href)
        return True

    def _known(self, collection: str) -> CollectionInfo:
        for info in self._infos:
            if info.id == collection:
                return info
        ids = tuple(info.id for info in self._infos)
        raise RetryableToolError(
            f"no collection {collection!r} in the catalog; it has {list(ids)}",
            kind="not_found",
            candidates=ids,
        )

    def _bad(self, reason: str) -> ToolError:
        return ToolError(
            f"STAC API {shown(self._endpoint.url)!r} {reason}; check the address, or use another "
            f"catalog ({', '.join(KNOWN)})",
            kind="bad_data",
        )

    def _read_landing(self) -> tuple[str, str]:
        """Return the landing page and the search method, if the API conforms to what is needed."""
        reply = self._client.fetch(self._endpoint.url, max_bytes=MAX_PAGE_BYTES)
        try:
            landing = _Landing.model_validate_json(reply.body)
            raw = _LinkMethods.model_validate_json(reply.body)
        except ValidationError as error:
            raise self._bad("has no STAC landing page") from error
        lacking = [
            name
            for name, needed in _NEEDED
            if not any(needed.pattern.match(uri) for uri in landing.conforms_to)
        ]
        if lacking:
            raise self._bad(f"does not conform to {lacking}")
        methods = {link.method.upper() for link in raw.links if link.rel == "search"}
        if not methods:
            raise self._bad("has no link to its search")
        return reply.body.decode("utf-8", errors="replace"), (
            "POST" if "POST" in methods else "GET"
        )

    @contextmanager
    def _asking(self, requests: int) -> Generator[Client, None, None]:
        """Give a pystac client for so many requests; what it cannot read is one typed error."""
        io = PolicedIO(self._client, self._endpoint.url, self._landing, requests)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", PystacClientWarning)
                yield Client.open(self._endpoint.url, stac_io=io)
        except (*_MISREAD, RecursionError) as error:
            raise self._bad(f"gave an answer that is no STAC ({type(error).__name__})") from error

    def _read_collections(self) -> tuple[CollectionInfo, ...]:
        wanted = self._endpoint.collections
        with self._asking(MAX_PAGES) as client:
            if wanted:
                found = [self._info(client.get_collection(name)) for name in wanted]
            else:
                found = [self._info(one) for one in _first(client.get_collections())]
        infos = tuple(info for info in found if info is not None)
        if not infos:
            raise self._bad("has no collection of scenes with known bands")
        return infos

    def _info(self, collection: pystac.Collection | None) -> CollectionInfo | None:
        """Describe a collection; one without known bands is no scene collection."""
        if collection is None:
            return None
        try:
            raw = _Summaries.model_validate(collection.to_dict(include_self_link=False))
            box = raw.extent.spatial.bbox[0]
        except ValidationError:
            return None
        if not _PLAIN.fullmatch(raw.id) or len(box) not in (4, 6):
            return None
        bands = known_bands(raw.item_assets) or self._first_bands(raw.id)
        if not bands:
            return None
        begin, end = raw.extent.temporal.interval[0]
        half = len(box) // 2
        return CollectionInfo(
            id=raw.id,
            title=raw.id,
            kind="scenes",
            aliases=ALIASES.get(raw.id, ()),
            bbox=(box[0], box[1], box[half], box[half + 1]),
            start=begin.date() if begin else UNDATED[0],
            end=end.date() + _DAY if end else _tomorrow(),
            bands=bands,
        )

    def _first_bands(self, collection: str) -> tuple[str, ...]:
        """Return the bands of a collection's first item, for one that was asked for by name."""
        if collection not in self._endpoint.collections:
            return ()
        with self._asking(1) as client:
            search = client.search(
                method=self._method, collections=[collection], max_items=1, limit=1
            )
            return next((known_bands(item["assets"]) for item in search.items_as_dicts()), ())


class _LinkMethod(BaseModel):
    rel: str
    method: str = "GET"


class _LinkMethods(BaseModel):
    links: tuple[_LinkMethod, ...] = ()


def open_stac_api(
    name: str,
    cache: DiskCache,
    *,
    collections: Sequence[str] = (),
    hosts: Sequence[AllowedHost] = (),
    signer: Signer | None = None,
    client: HttpClient | None = None,
) -> StacApiCatalog:
    """Open a known STAC API by name, or any by the address that the operator gave.

    The host of an address counts as configured, so it may lie in a private network; `hosts` are
    further ones, for the files that the catalog names. Without `collections`, an API that is not
    known offers all it has.
    """
    known = KNOWN.get(name)
    endpoint = known or Endpoint(name)
    if collections:
        endpoint = endpoint._replace(collections=tuple(collections))
    given = () if known else (AllowedHost.parse(name),)
    home = AllowedHost.parse(endpoint.url).name
    named = (replace(one, linked_from=(*one.linked_from, home)) for one in hosts)
    asked = client or HttpClient(UrlPolicy((*given, *named)))
    if signer is None:
        signer = TokenSigner(asked, endpoint.tokens) if endpoint.tokens else unsigned
    return StacApiCatalog(endpoint, asked, cache, signer, address=name)


def _first(collections: Iterator[pystac.Collection]) -> Iterator[pystac.Collection]:
    for _, one in zip(range(MAX_COLLECTIONS), collections, strict=False):
        yield one


def _tomorrow() -> date:
    return datetime.now(UTC).date() + _DAY
