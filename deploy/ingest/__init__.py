"""Published data sets, as they are downloaded, turned into the tables the catalog reads."""

from .datasets import DATASETS, IngestReport, ingest

__all__ = ["DATASETS", "IngestReport", "ingest"]
