"""The environments of tau2-bench (arXiv 2506.07982): tools that act on typed records, written from how they behave."""
