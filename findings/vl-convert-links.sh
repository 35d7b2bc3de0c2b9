#!/usr/bin/env bash
# A mark's link within one's own site leaves vl-convert as a link to vega.github.io.
#
# Guess, before it was run: an href of /images/1/ stands in the SVG as /images/1/.
#
# Seen: vl-convert-python 1.9.0.post1: it is https://vega.github.io/vega-datasets//images/1/, and the same with
# relative paths and with every external address refused (allowed_base_urls=[]); Vega 6 in a browser leaves it alone.
# Absolute addresses stay as they are.
#
# Who meets it: everyone who draws plots on the server whose points lead to images: each click leaves the site and
# tells another one what was clicked. Take the prefix away again.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check vl-convert-python==1.9.0.post1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import re

import vl_convert

BASE = "https://vega.github.io/vega-datasets/"


def links(*addresses):
    plot = {
        "data": {"values": [{"score": place, "address": address} for place, address in enumerate(addresses)]},
        "mark": "point",
        "encoding": {"x": {"field": "score", "type": "quantitative"}, "href": {"field": "address"}},
    }
    drawn = vl_convert.vegalite_to_svg(plot, vl_version="6.4", allowed_base_urls=[])
    return re.findall('xlink:href="([^"]*)"', drawn)


found = links("/images/1/", "images/2/", "https://example.org/images/3/")
print(found)
assert found == [f"{BASE}/images/1/", f"{BASE}images/2/", "https://example.org/images/3/"], found
PYTHON
echo "still so"
