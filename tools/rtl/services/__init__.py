"""Files that a sandbox loads by path: slow imports once, then one fork per call."""
