#!/usr/bin/python3
"""profiles.py DIR: writes heap profiles no Go program would write, one file a case.

Only the standard library, and no protobuf module: a library would refuse to write most of these.
"""

import gzip
import pathlib
import sys

UNIT = [("alloc_objects", "count"), ("alloc_space", "bytes"),
        ("inuse_objects", "count"), ("inuse_space", "bytes")]
ESCAPES = "main.\x1b[2J\x1b]0;owned\x07\r\n::error file=a.go::gone|`</script>\u202eevil"


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def packed(field, values):
    return block(field, b"".join(varint(value) for value in values))


class Profile:
    """One function per sample; the keyword arguments bend what the case is about."""

    def __init__(self, rows, period=1, names=None, location=None, types=UNIT, seconds=0):
        self.strings = [""]
        self.body = b""
        for kind, unit in types:
            self.body += block(1, number(1, self.text(kind)) + number(2, self.text(unit)))
        for i, values in enumerate(rows, 1):
            place = location if location and i == len(rows) else i
            self.body += block(2, packed(1, [place]) + packed(2, values))
        for i in range(1, len(rows) + 1):
            self.body += block(4, number(1, i) + number(3, 4096 * i)
                               + block(4, number(1, i) + number(2, 10 + i)))
            name = names[i - 1] if names else "main.work%d" % i
            self.body += block(5, number(1, i) + number(2, self.text(name))
                               + number(4, self.text("/src/main.go")))
        self.body += block(11, number(1, self.text("space")) + number(2, self.text("bytes")))
        self.body += number(12, period)
        if seconds:
            self.body += number(10, seconds * 10**9)

    def text(self, value):
        if value not in self.strings:
            self.strings.append(value)
        return self.strings.index(value)

    def raw(self):
        return self.body + b"".join(block(6, text.encode()) for text in self.strings)

    def gzip(self):
        return gzip.compress(self.raw(), mtime=0)


def rows(count=4, size=1 << 20):
    return [[1000, size, 10, size // 100] for _ in range(count)]


def bomb():
    # A field that nobody knows, 300 MiB long: only the size of the whole can be the reason.
    length = 300 << 20
    head = varint(99 << 3 | 2) + varint(length)
    return gzip.compress(Profile(rows()).raw() + head + bytes(length), 1, mtime=0)


def cases():
    good = Profile(rows()).gzip()
    negative = rows()
    negative[3] = [1000, -5, 10, 10]
    return {
        "good.pb.gz": good,
        "grown.pb.gz": Profile(rows(size=2 << 20)).gzip(),
        "escapes.pb.gz": Profile(rows() + [[1000, 8 << 20, 10, 10]],
                                 names=["main.work%d" % i for i in range(1, 5)] + [ESCAPES]).gzip(),
        "page.pb.gz": b"404 page not found\n",
        "empty.pb.gz": b"",
        "cut.pb.gz": good[:len(good) // 2],
        "damaged.pb.gz": good[:20] + bytes([good[20] ^ 0xFF]) + good[21:],
        "bomb.pb.gz": bomb(),
        "dangling.pb": Profile(rows(), location=77).raw(),
        "negative.pb": Profile(negative).raw(),
        "overflow.pb": Profile(rows(count=4, size=1 << 62)).raw(),
        "two.pb": Profile(rows()).raw() * 2,
        "period-zero.pb.gz": Profile(rows(), period=0).gzip(),
        "cpu.pb.gz": Profile([[5, 50000000]], types=[("samples", "count"),
                                                     ("cpu", "nanoseconds")]).gzip(),
        "held.pb.gz": Profile([[10, 5000]], types=[("objects", "count"), ("space", "bytes")]).gzip(),
        "kilobytes.pb.gz": Profile(rows(), types=[(k, u.replace("bytes", "kilobytes"))
                                                  for k, u in UNIT]).gzip(),
        "delta.pb.gz": Profile(rows(), seconds=30).gzip(),
        "period-other.pb.gz": Profile(rows(), period=524288).gzip(),
        "no-samples.pb.gz": Profile([]).gzip(),
        "long-varint.pb": b"\x0a" + b"\xff" * 10 + b"\x7f",
    }


def main():
    out = pathlib.Path(sys.argv[1])
    for name, content in cases().items():
        (out / name).write_bytes(content)


main()
