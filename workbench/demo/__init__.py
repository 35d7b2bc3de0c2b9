"""The demo world: scenes drawn from a small grammar, make-believe generators, simulated raters.

Everything here is drawn by the project's own code from a seed. The drawing modules are pure: they
import no Django and touch no database.
"""
