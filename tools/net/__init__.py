"""Reaching addresses that nobody vouches for: a policy, a client, downloads, cached range reads."""

from .cache import DiskCache
from .client import HttpClient, Limits, Reply
from .download import download
from .policy import AllowedHost, UrlPolicy
from .ranges import RangeReader

__all__ = [
    "AllowedHost",
    "DiskCache",
    "HttpClient",
    "Limits",
    "RangeReader",
    "Reply",
    "UrlPolicy",
    "download",
]
