"""What a GPU does per second, in rows, the most telling first (`make bench-gpu`).

Needs torch 2.11, transformers 5.17, Pillow and what these require; no database, no network.
"""
