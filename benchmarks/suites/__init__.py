"""Suites of questions that our platform is measured on, run and recorded by inspect_ai."""
