"""From what is known to a proposal, and why."""
