"""The frame of a page that people open in a browser or print: one file, without scripts or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

BODY = """\
body { font-family: "Noto Sans CJK SC", "Microsoft YaHei", "WenQuanYi Zen Hei", sans-serif; margin: 2em auto;
  padding: 0 1em; color: #222; }
"""


def page(title: str, style: str, body: Iterable[str]) -> str:
    """A whole page of Chinese: the title as plain text, the rest as markup."""
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">',
            f"<title>{escape(title)}</title>\n<style>",
            f"{BODY}{style}</style>\n</head>\n<body>",
            *body,
            "</body>\n</html>\n",
        )
    )
