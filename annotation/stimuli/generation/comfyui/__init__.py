"""ComfyUI's graphs, walked back from the node that saved the image by the names of links."""
