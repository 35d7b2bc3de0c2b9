"""Pure parts of the rating protocol: perspectives, scales, explanation forms, draws, splits.

Imports no Django; takes and returns plain values and dataclasses.
"""
