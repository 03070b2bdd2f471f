"""Partnerships of the register as they live: dates, results, answers after the end, and the joint work plan."""
