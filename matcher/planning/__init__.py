"""Planning questions: what a programme asks of the network, and the rows each answer counts.

``supply`` who offers and needs what, ``resilience`` what breaks when the busiest leave, ``reach`` whom it helps,
``results`` what worked, ``growth`` who could teach next, ``portfolio`` what a budget buys. Each is a pure function of
a snapshot; ``tables`` are the rows behind the figures. Nothing here imports a solver or NetworkX before it is asked.
"""
