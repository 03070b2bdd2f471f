"""Back-test: each real partnership is hidden and its mentor looked for with what was known before.

``hidden`` says what is hidden and what was known, ``values`` what each rule said then, ``baselines`` what a
simple habit would have said, ``calibration`` fits the rules' weights, ``measures`` counts, ``report`` runs it all.
"""
