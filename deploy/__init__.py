"""Everything that runs for others: command line, serving, models."""
