"""Suites of questions that our platform is measured on, run and recorded by inspect_ai.

`registry.SUITES` lists them; `running.run_suite` asks an arm, `rows.read_result` reads what came
out, `comparison.compare` sets two runs against each other and `page.report_page` shows all.
"""
