#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pairs of English and Chinese paragraphs from two Debian packages, matched by their ids.

  apt-get download libreoffice-help-en-us libreoffice-help-zh-cn
  for package in *.deb; do dpkg -x "$package" help; done
  examples/data/help_pairs.py help > pairs.jsonl          # for examples/translate
  examples/data/help_pairs.py help en-US > english.txt    # for examples/pretrain_gpt2 and pretrain_bert; also zh-CN
"""
import html
import json
import pathlib
import re
import sys

PARAGRAPH = re.compile(r'<p id="(par_id\w+)"[^>]*>(.*?)</p>', re.S)


def paragraphs(folder):
    """Texts by file and paragraph id, in order."""
    for file in sorted(folder.rglob("*.html")):
        for name, text in PARAGRAPH.findall(file.read_text(encoding="utf-8", errors="replace")):
            text = " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())
            if text:
                yield (str(file.relative_to(folder)), name), text


def main():
    root = pathlib.Path(sys.argv[1]) / "usr/share/libreoffice/help"
    if len(sys.argv) > 2:
        last = None
        for (file, _), text in paragraphs(root / sys.argv[2]):
            print(("\n" if last not in (None, file) else "") + text)
            last = file
        return
    chinese = dict(paragraphs(root / "zh-CN"))
    seen = set()
    for key, text in paragraphs(root / "en-US"):
        other = chinese.get(key)
        if other and other != text and text not in seen and 8 <= len(text) <= 300 and len(other) <= 200:
            seen.add(text)
            print(json.dumps({"prompt": text, "completion": other}, ensure_ascii=False))


if __name__ == "__main__":
    main()
