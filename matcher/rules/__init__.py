"""The rules: one function, one test, one reason each; ``matcher.rules.registry`` lists them."""
