"""What a set of files says about itself: interfaces, findings, and whether it may be trusted."""
