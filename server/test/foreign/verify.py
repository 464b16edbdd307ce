"""Verifies a tlog-tiles folder with nothing of ours: verify.py FOLDER VKEY.

The standard library, and for Ed25519 either the package "cryptography" or OpenSSL's command.
"""

import base64
import hashlib
import os
import random
import subprocess
import sys
import tempfile


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha256(b"\0" + entry)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


def split(n):
    return 1 << ((n - 1).bit_length() - 1)


class Tree:
    """RFC 6962, section 2.1, as it is written there."""

    def __init__(self, leaves):
        self.leaves, self.known = leaves, {}

    def hash(self, lo, hi):
        if hi - lo == 1:
            return self.leaves[lo]
        if (lo, hi) not in self.known:
            mid = lo + split(hi - lo)
            self.known[lo, hi] = node_hash(self.hash(lo, mid), self.hash(mid, hi))
        return self.known[lo, hi]

    def path(self, m, lo, hi):
        if hi - lo == 1:
            return []
        mid = lo + split(hi - lo)
        if m < mid:
            return self.path(m, lo, mid) + [self.hash(mid, hi)]
        return self.path(m, mid, hi) + [self.hash(lo, mid)]

    def subproof(self, m, lo, hi, whole):
        if m == hi:
            return [] if whole else [self.hash(lo, hi)]
        mid = lo + split(hi - lo)
        if m <= mid:
            return self.subproof(m, lo, mid, whole) + [self.hash(mid, hi)]
        return self.subproof(m, mid, hi, False) + [self.hash(lo, mid)]


def root_from_path(index, size, node, path):
    """RFC 9162, section 2.1.3.2."""
    last = size - 1
    for sibling in path:
        if index % 2 == 1 or index == last:
            node = node_hash(sibling, node)
            while index % 2 == 0 and index > 0:
                index, last = index // 2, last // 2
        else:
            node = node_hash(node, sibling)
        index, last = index // 2, last // 2
    return node if last == 0 else None


def is_consistent(first, second, first_root, second_root, path):
    """RFC 9162, section 2.1.4.2."""
    if first == second:
        return path == [] and first_root == second_root
    if first & (first - 1) == 0:
        path = [first_root] + path
    fn, sn = first - 1, second - 1
    while fn % 2 == 1:
        fn, sn = fn // 2, sn // 2
    fr = sr = path[0]
    for node in path[1:]:
        if sn == 0:
            return False
        if fn % 2 == 1 or fn == sn:
            fr, sr = node_hash(node, fr), node_hash(node, sr)
            while fn % 2 == 0 and fn > 0:
                fn, sn = fn // 2, sn // 2
        else:
            sr = node_hash(sr, node)
        fn, sn = fn // 2, sn // 2
    return sn == 0 and fr == first_root and sr == second_root


def verify_ed25519(public, message, signature):
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return verify_with_openssl(public, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def verify_with_openssl(public, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        def save(name, data):
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(data)
            return path

        key = save("key", bytes.fromhex("302a300506032b6570032100") + public)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key,
                   "-rawin", "-in", save("text", message), "-sigfile", save("sig", signature)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def open_checkpoint(note, vkey):
    name, key_id, encoded = vkey.split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    assert key[0] == 1 and sha256(name.encode() + b"\n" + key)[:4].hex() == key_id, "verifier key"
    text, lines = note[: note.rindex("\n\n") + 1], note[note.rindex("\n\n") + 2 :]
    for line in lines.removesuffix("\n").split("\n"):
        dash, signer, blob = line.split(" ")
        signature = base64.b64decode(blob, validate=True)
        if dash == "\u2014" and signer == name and signature[:4].hex() == key_id:
            assert verify_ed25519(key[1:], text.encode(), signature[4:]), "signature"
            origin, size, root = text.removesuffix("\n").split("\n")
            assert origin == name, "origin"
            return int(size), base64.b64decode(root, validate=True)
    raise AssertionError("no line by this key")


def tile_path(level, index, width):
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    name = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{name}" + ("" if width == 256 else f".p/{width}")


def main(folder, vkey):
    def read(path):
        with open(os.path.join(folder, path), "rb") as file:
            return file.read()

    size, root = open_checkpoint(read("checkpoint").decode(), vkey)
    leaves, tiles = [], 0
    for index in range(-(-size // 256)):
        bundle, at = read(tile_path("entries", index, min(256, size - index * 256))), 0
        while at < len(bundle):
            length = int.from_bytes(bundle[at : at + 2], "big")
            entry = bundle[at + 2 : at + 2 + length]
            assert len(entry) == length, "bundle"
            leaves.append(leaf_hash(entry))
            at += 2 + length
    assert len(leaves) == size, "size"
    tree = Tree(leaves)
    assert tree.hash(0, size) == root, "root"
    level, unit = 0, 1
    while size // unit > 0:
        nodes = size // unit
        for index in range(-(-nodes // 256)):
            width = min(256, nodes - index * 256)
            first = index * 256
            expected = b"".join(
                tree.hash(i * unit, (i + 1) * unit) for i in range(first, first + width)
            )
            assert read(tile_path(level, index, width)) == expected, "tile"
            tiles += 1
        level, unit = level + 1, unit * 256
    chance = random.Random(1)
    for _ in range(50):
        index, old = chance.randrange(size), chance.randrange(1, size + 1)
        path = tree.path(index, 0, size)
        assert root_from_path(index, size, leaves[index], path) == root, "inclusion"
        proof = tree.subproof(old, 0, size, True)
        assert is_consistent(old, size, tree.hash(0, old), root, proof), "consistency"
        assert not is_consistent(old, size, sha256(b""), root, proof), "a false root"
    print(f"verified {size} entries, {tiles} tiles, 50 inclusion and 50 consistency proofs")


if __name__ == "__main__":
    main(*sys.argv[1:])
