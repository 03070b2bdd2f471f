"""Ideas: partnerships that utilities propose themselves, with a concept note built from the data."""
