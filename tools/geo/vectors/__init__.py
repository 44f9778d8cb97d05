"""Vector analysis: overlay, nearness, measures, joins and repairs of the features of a run."""
