"""Pages, the JSON twin of every page, and the ``wop`` command."""
