"""What a generating tool wrote into an image: prompt, negative prompt, model and seed. No Django.

Three floors: `containers` takes the texts out of a file, `tools` and `comfyui` know what each tool
calls its fields, `reader` asks them in a fixed order. What is not known stays empty: a wrong value
is worse than none.
"""
