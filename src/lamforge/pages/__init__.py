"""Pages to read and plots on them: one HTML file each, which needs nothing else and takes no markup from anybody."""

from lamforge.pages.charts import Bar, bars, histogram
from lamforge.pages.conversation import call_text, message_text, shortened
from lamforge.pages.page import percent, render_page, words

__all__ = ["Bar", "bars", "call_text", "histogram", "message_text", "percent", "render_page", "shortened", "words"]
