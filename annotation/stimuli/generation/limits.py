"""How much of a file is looked at. Real records stay far below; hostile ones end here."""

#: One text, one EXIF or XMP block, one manifest of Content Credentials. The largest editor graphs
#: seen have about 2 MiB.
MOST_BYTES = 8 * 2**20

#: All texts of one file together.
MOST_TEXT_BYTES = 24 * 2**20

#: PNG chunks, JPEG segments, RIFF chunks: one for each 64 KiB of pixels and more.
MOST_PIECES = 65_536

#: Nodes of one graph, after its subgraphs are laid out flat.
MOST_NODES = 10_000

#: Steps from node to node in all searches of one graph, and in those for texts.
MOST_STEPS, MOST_TEXT_STEPS = 200_000, 10_000

#: Nodes behind one another that a search follows by recursion.
DEEPEST = 100

#: A prompt. Joining a text with itself doubles it, and a graph of fifty nodes can do so fifty
#: times.
LONGEST_PROMPT = 2**18

#: A text in the form of AUTOMATIC1111, and the name of a model.
LONGEST_INFOTEXT, LONGEST_NAME = 2**20, 500

#: Pixels that are decoded in search of a record in the alpha channel.
MOST_PIXELS = 64 * 2**20
