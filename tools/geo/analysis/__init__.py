"""Analysis of rasters and vectors: one tool per module."""
