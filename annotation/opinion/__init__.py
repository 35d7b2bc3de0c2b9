"""Opinion scores: the votes that count, the methods that make scores from them, releases that keep
them, how reliable raters are, and the export. `methods`, `export.formats` and the arithmetic of
`reliability` import no Django."""
