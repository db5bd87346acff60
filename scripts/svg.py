#!/usr/bin/env python3
"""Turns what a command printed on a terminal into an SVG picture: `svg.py LOG PICTURE [TITLE]`.

Knows bold and dim. The README's pictures are made from real output: `script -qc 'make try' LOG`, then this.
"""

import html
import re
import sys
import textwrap

COLUMNS, LINE, GLYPH, MARGIN, HEAD = 110, 18, 7.83, 14, 34
STYLES = {"1": "b", "2": "d"}


def spans(line, style):
    """Pieces of (style, text), and the style at the line's end."""
    pieces = []
    for part in re.split(r"(\x1b\[[0-9;]*[A-Za-z])", line):
        if not part.startswith("\x1b"):
            if part:
                pieces.append((style, part))
        elif part.endswith("m"):
            style = STYLES.get(part[2:-1], "")
    return pieces, style


def lines_of(text):
    style, lines = "", []
    for raw in text.replace("\r\n", "\n").split("\n"):
        # A progress bar redraws its line: only its last state is shown.
        raw = raw.split("\r")[-1]
        pieces, style = spans(raw, style)
        plain = "".join(piece for _, piece in pieces)
        if len(plain) <= COLUMNS:
            lines.append(pieces)
            continue
        only = pieces[0][0]
        lines.extend([(only, wrapped)] for wrapped in textwrap.wrap(plain, COLUMNS, replace_whitespace=False, drop_whitespace=False))
    while lines and not lines[-1]:
        lines.pop()
    return lines


def picture(lines, title):
    width = round(COLUMNS * GLYPH + 2 * MARGIN)
    height = len(lines) * LINE + HEAD + MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        "<style>text{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d8dee9;white-space:pre}"
        ".b{font-weight:bold;fill:#ffffff}.d{fill:#8a93a5}.t{fill:#8a93a5}</style>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#1f2430"/>',
        f'<text class="t" x="{MARGIN}" y="21">{html.escape(title)}</text>',
    ]
    for number, pieces in enumerate(lines):
        body = "".join(f'<tspan class="{style}">{html.escape(text)}</tspan>' if style else html.escape(text) for style, text in pieces)
        if body:
            out.append(f'<text x="{MARGIN}" y="{HEAD + (number + 1) * LINE - 5}" xml:space="preserve">{body}</text>')
    return "\n".join([*out, "</svg>", ""])


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8", newline="") as log:
        text = re.sub(r"^Script (started|done) .*\n?", "", log.read().replace("\r\n", "\n"), flags=re.M)
        lines = lines_of(text)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(picture(lines, sys.argv[3] if len(sys.argv) > 3 else "make try"))


if __name__ == "__main__":
    main()
