"""Catalogs of scenes, tables, surfaces and feature layers behind the one protocol."""
