"""Quantise a checkpoint with llm-compressor, measure what it lost, publish it or say why not."""
