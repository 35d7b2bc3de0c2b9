"""Taking something out: images, raters and whole studies (docs/decisions/030).

One function for each act, called by the console, the API and commands alike.
"""
