"""The whole loop without a person, on throw-away services and data.

Everything is done from outside, as its users do it: commands, an owner's API token, raters' links.
"""
