"""Pictures that look like those of image generators: rendered by ray marching, shipped as files.

`python -m workbench.demo.pictures` makes what `shipped/` holds: scenes of solids, terrains, skies
and water under sun and lamps, finished in the manner of six make-believe generators, with known
flaws. Everything here is pure: NumPy and Pillow, no Django (docs/decisions/033).
"""
