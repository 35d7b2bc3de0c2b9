"""How `make docs` builds this folder as a site: strictly, so that no link leads nowhere."""

project = "MINT Workbench"
author = "The MINT Workbench authors"
extensions = ["myst_parser"]
# Places in a page, as `exporting.md#columns`, are those of its headings.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
# `.html` of each page stands where its `.md` does, so the console's help leads to both alike.
exclude_patterns = ["screenshots/states/**"]
