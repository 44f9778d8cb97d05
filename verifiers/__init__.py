"""What may be called correct: values in, a `Verdict` out."""
