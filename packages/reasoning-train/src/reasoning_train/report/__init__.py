"""One page that shows what training did: a single HTML file that needs no network.

`write_report` writes the page of a run, finished or not, `compare_runs` that of several. Pages are
plain HTML with drawings made here; the only script is their own, and a content security policy lets
no other run, since completions are text that nobody vetted.
"""

from reasoning_train.report.write import Written, compare_runs, write_report

__all__ = ["Written", "compare_runs", "write_report"]
