"""Performance benchmarks: our geospatial reads and statistics against what others would write."""
