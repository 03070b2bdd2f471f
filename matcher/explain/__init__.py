"""Explanations of a solved round: every number they claim is solved for again and verified."""
