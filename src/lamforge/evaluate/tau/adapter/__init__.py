"""tau2-bench's own code, driven in a process of its own, for what lamforge has no tools for."""
