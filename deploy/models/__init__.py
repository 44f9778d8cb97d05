"""Our own models: oracle, traces, tokenizer, training and export."""
