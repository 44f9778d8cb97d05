"""Benchmarks of the RTL tools: golden self-tests, equivalence, mutants and throughput."""
