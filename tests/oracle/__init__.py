"""A second evaluator of threshold cases: slow, obvious, written from thresholds.md alone without a look at the engine.

It reads a case of the exchange format and answers in the shape of `expected`. At every moment at which something happens it
judges everything that is known anew, from nothing, and compares with the moment before. Numbers are exact fractions.
"""
