# SPDX-License-Identifier: Apache-2.0
"""A row of side_by_side in tiktoken, on the vocabulary of a tokenizer.json: prints {"figure": megabytes a second}."""
import argparse
import json
import statistics
import time

PATTERN = r"\p{N}|'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", required=True, help="tokenizer.json of a byte-level BPE")
    parser.add_argument("--text", required=True, help="a text file")
    parser.add_argument("--decode", action="store_true", help="time decoding instead")
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


def byte_of_character():
    """GPT-2's letters for bytes: printable ones stand for themselves, the others follow from 256 on."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in own]
    return {chr(byte): byte for byte in own} | {chr(256 + i): byte for i, byte in enumerate(others)}


def encoding(path):
    import tiktoken

    with open(path, encoding="utf-8") as file:
        tokenizer = json.load(file)
    letters, special = byte_of_character(), {token["content"] for token in tokenizer["added_tokens"]}
    ranks = {bytes(letters[c] for c in token): rank for token, rank in tokenizer["model"]["vocab"].items()
             if token not in special and all(c in letters for c in token)}
    for byte in range(256):
        ranks.setdefault(bytes([byte]), 1_000_000 + byte)
    return tiktoken.Encoding("side_by_side", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})


def main():
    options = arguments()
    encoder = encoding(options.tokenizer)
    with open(options.text, encoding="utf-8", errors="ignore") as file:
        text = file.read()
    documents = [text[i:i + 2000] for i in range(0, len(text), 2000)]
    ids = [encoder.encode_ordinary(document) for document in documents]

    def seconds():
        started = time.perf_counter()
        if options.decode:
            for row in ids:
                encoder.decode(row)
        else:
            for document in documents:
                encoder.encode_ordinary(document)
        return time.perf_counter() - started

    print(json.dumps({"figure": len(text.encode()) / 1e6 / statistics.median(seconds() for _ in range(options.runs))}))


if __name__ == "__main__":
    main()
