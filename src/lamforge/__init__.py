"""lamforge: bring your tools and your policy, leave with your own verified large action model."""

__version__ = "0.1.0"
