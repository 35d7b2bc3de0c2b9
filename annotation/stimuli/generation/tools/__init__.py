"""One module for each tool, or family of tools, that writes a record of its own."""
