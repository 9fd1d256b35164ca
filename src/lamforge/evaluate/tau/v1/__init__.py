"""The environments of tau-bench (arXiv 2406.12045): tools that act on plain JSON, written from how they behave."""
