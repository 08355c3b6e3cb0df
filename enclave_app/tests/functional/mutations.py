"""Every single change that a liar can make to an answer: JSON member by member, COSE document leaf by leaf."""

import base64
import copy
import json
from collections import namedtuple

Mutation = namedtuple("Mutation", "name answer value")  # value: the text that stands in the place of the genuine one

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def encode(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def leaves(value, path=()):
    """The paths of all members that are neither object nor list."""
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for key, inner in items for leaf in leaves(inner, (*path, key))]
    return [path]


def containers(value, path=()):
    if not isinstance(value, (dict, list)):
        return []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(found for key, inner in items for found in containers(inner, (*path, key)))]


def at(value, path):
    for step in path:
        value = value[step]
    return value


def replaced(value, path, new):
    changed = copy.deepcopy(value)
    at(changed, path[:-1])[path[-1]] = new
    return changed


def altered(text):
    """The text with the character in its middle exchanged for another that could stand there."""
    if not text:
        return "0"
    middle = len(text) // 2
    old = text[middle]
    digits = "0123456789abcdef" if old in "0123456789abcdef" else ALPHABET.upper() if old.isupper() else ALPHABET
    new = next(digit for digit in digits[::-1] if digit != old)
    return text[:middle] + new + text[middle + 1:]


def others(value):
    """What a member is changed to."""
    if value is None:
        return ["00" * 32]
    if isinstance(value, str):
        return [altered(value), None]
    return [value + 1, str(value)]


def mutations_of(answer):
    """Of a whole answer as it came: each member changed, lost; each object with one more; each list cut and grown."""
    parsed = json.loads(answer)
    assert encode(parsed) == answer, "the answer is not in its one form"
    for path in leaves(parsed):
        name = ".".join(map(str, path))
        for new in others(at(parsed, path)):
            yield Mutation(f"{name} = {str(new)[:24]}", encode(replaced(parsed, path, new)), new)
        lost = copy.deepcopy(parsed)
        del at(lost, path[:-1])[path[-1]]
        yield Mutation(f"{name} lost", encode(lost), None)
    for path in containers(parsed):
        name = ".".join(map(str, path)) or "answer"
        grown = copy.deepcopy(parsed)
        inner = at(grown, path)
        if isinstance(inner, dict):
            inner["more"] = 1
        else:
            inner.append(inner[-1])
        yield Mutation(f"{name} grown", encode(grown), None)
        if path:
            yield Mutation(f"{name} emptied", encode(replaced(parsed, path, type(inner)())), None)
    yield Mutation("a space", answer.replace(b":", b": ", 1), None)
    yield Mutation("a line end", answer + b"\n", None)
    yield Mutation("cut", answer[:-1], None)
    yield Mutation("nothing", b"", None)


def with_document(answer, document):
    parsed = json.loads(answer)
    parsed["result"]["document"] = base64.b64encode(document).decode()
    return encode(parsed)


def document_mutations(answer):
    """Of get_attestation: each leaf of the COSE document with a bit turned; the statement member by member."""
    parsed = json.loads(answer)
    document = base64.b64decode(parsed["result"]["document"])
    for name, last in cbor_leaves(document):
        turned = bytearray(document)
        turned[last] ^= 1
        yield Mutation(f"document {name}", with_document(answer, bytes(turned)), None)
    yield Mutation("document cut", with_document(answer, document[:-1]), None)
    yield Mutation("document longer", with_document(answer, document + b"\0"), None)
    statement = json.loads(parsed["result"]["statement"])
    for path in leaves(statement):
        for new in others(at(statement, path)):
            said = replaced(parsed, ("result", "statement"), encode(replaced(statement, path, new)).decode())
            yield Mutation(f"statement {path[0]} = {str(new)[:24]}", encode(said), new)
        lost = {key: value for key, value in statement.items() if key != path[0]}
        yield Mutation(f"statement {path[0]} lost",
                       encode(replaced(parsed, ("result", "statement"), encode(lost).decode())), None)


def cbor_leaves(data):
    """Each leaf's name and the place of its last byte, in a COSE_Sign1 and the payload inside."""
    found, place = [], 0

    def head():
        nonlocal place
        first = data[place]
        place += 1
        count = {24: 1, 25: 2, 26: 4, 27: 8}.get(first & 31, 0)
        value = int.from_bytes(data[place:place + count], "big") if count else first & 31
        place += count
        return first >> 5, value

    def item(name):
        nonlocal place
        if data[place] in (0x9F, 0xBF):  # of no stated length
            is_map, number = data[place] == 0xBF, 0
            place += 1
            while data[place] != 0xFF:
                key = item(f"{name} key {number}") if is_map else number
                item(f"{name}.{key}")
                number += 1
            place += 1
            return None
        kind, value = head()
        if kind in (2, 3):
            start = place
            if name == "cose.2":
                item("payload")
            place = start + value
            if value:
                found.append((name, place - 1))
            return data[start:place].decode(errors="replace")
        if kind == 4:
            for number in range(value):
                item(f"{name}.{number}")
        elif kind == 5:
            for number in range(value):
                item(f"{name}.{item(f'{name} key {number}')}")
        elif kind == 6:
            item(name)
        else:
            found.append((name, place - 1))
            return value
        return None

    item("cose")
    assert place == len(data)
    return found
