"""What a workflow may be fitted to besides the request: the model that answers, and the data."""

from __future__ import annotations

from dataclasses import dataclass

from ..tools.geo.catalog import Catalog


@dataclass(frozen=True)
class Setting:
    """The name of the model of a run, and its catalog."""

    model: str
    catalog: Catalog
