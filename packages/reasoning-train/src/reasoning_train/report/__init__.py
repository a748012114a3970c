"""Report page about the training of one or several runs: a single HTML file that works offline.

`write_report` writes the page of one run, finished or not, and `compare_runs` that of several. The
page has inline SVG drawings and a single script. Completions are untrusted text, so a content
security policy blocks every other script.
"""

from reasoning_train.report.write import Written, compare_runs, write_report

__all__ = ["Written", "compare_runs", "write_report"]
