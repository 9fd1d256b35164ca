"""What a run of generation made, what it rejected and why, what it covers: numbers, and a page to read."""

from lamforge.generate.report.folder import RunFolder, open_run
from lamforge.generate.report.origin import domain_of
from lamforge.generate.report.page import next_command, render_run
from lamforge.generate.report.summary import RunSummary, summarise_run

__all__ = ["RunFolder", "RunSummary", "domain_of", "next_command", "open_run", "render_run", "summarise_run"]
