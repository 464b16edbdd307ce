"""Verifies an inclusion receipt in COSE (RFC 9942): cose.py RECEIPT ENTRY VKEY.

Reads and writes CBOR with the package "cbor2", and checks the signature with "cryptography".
"""

import base64
import hashlib
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha256(data):
    return hashlib.sha256(data).digest()


def root_of(entry, size, index, path):
    """RFC 9162, section 2.1.3.2."""
    node, last = sha256(b"\0" + entry), size - 1
    for sibling in path:
        if index % 2 == 1 or index == last:
            node = sha256(b"\1" + sibling + node)
            while index % 2 == 0 and index > 0:
                index, last = index // 2, last // 2
        else:
            node = sha256(b"\1" + node + sibling)
        index, last = index // 2, last // 2
    assert last == 0, "the path is too short"
    return node


def main(receipt_path, entry_path, vkey):
    receipt, entry = open(receipt_path, "rb").read(), open(entry_path, "rb").read()
    tagged = cbor2.loads(receipt)
    assert tagged.tag == 18, "no COSE_Sign1"
    protected, unprotected, payload, signature = tagged.value
    header = cbor2.loads(protected)
    assert payload is None and header[1] == -8 and header[395] == 1, "another kind of receipt"
    name, key_id, key = vkey.split("+", 2)
    assert header[4].hex() == key_id and header[15][1] == name, "of another log"
    size, index, path = cbor2.loads(unprotected[396][-1][0])
    root = root_of(entry, size, index, path)
    # The payload is detached: what was signed is the root that the proof leads to.
    signed = cbor2.dumps(["Signature1", protected, b"", root])
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(signature, signed)
    print(f"verified entry {index} of {size}, {header[15][2]}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (AssertionError, ValueError, KeyError, InvalidSignature) as error:
        sys.exit(f"refused: {error}")
