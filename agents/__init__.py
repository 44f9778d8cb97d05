"""One model step each: a prompt and a schema in, a typed choice out."""
