"""The desks at which agents work, retail and airline: what tau-bench and tau2-bench have in common, written once."""
