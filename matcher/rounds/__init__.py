"""A round as it lives: from draft through solving, publishing and answers to signed partnerships."""
