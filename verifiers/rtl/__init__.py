"""What may be said of a hardware design: verdicts on values, never on text the design printed."""
