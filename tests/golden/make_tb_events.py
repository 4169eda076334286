#!/usr/bin/env python3
"""Writes tb_events.bin: a TensorBoard event file, from the documented formats alone.

Frames: the TFRecord guide (uint64 length, masked CRC-32C of it, data, masked CRC-32C of the data, little endian; mask:
rotate right by 15, add 0xa282ead8). Messages: event.proto and summary.proto, encoded by google.protobuf where it is
installed, which must then agree with the encoder here.
"""
import math
import pathlib
import struct

SCALARS = [  # wall time, step, tag, value
    (0.0, 0, "a", 0.0),
    (1.5, 1, "train/box_loss", 2.25),
    (2.0, 127, "metrics/mAP50(B)", -1.0),
    (1700000000.25, 128, "lr/pg0", 0.001),
    (3.0, 1 << 40, "x" * 200, math.inf),
    (4.0, 5, "Ampel grün", 1e-30),
]


def crc32c(data):
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ 0x82F63B78 if n & 1 else n >> 1
        table.append(n)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def frame(data):
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(n):
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def field(number, wire, payload):
    return varint(number << 3 | wire) + payload


def message(number, payload):
    return field(number, 2, varint(len(payload)) + payload)


def version_event(wall):
    return field(1, 1, struct.pack("<d", wall)) + message(3, b"brain.Event:2")


def scalar_event(wall, step, tag, value):
    entry = message(1, tag.encode()) + field(2, 5, struct.pack("<f", value))
    return field(1, 1, struct.pack("<d", wall)) + field(2, 0, varint(step)) + message(5, message(1, entry))


def check_with_protobuf():
    """A parser that knows the .proto files reads the same values out of the events."""
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError:
        return print("google.protobuf is not here: not checked")
    f = descriptor_pb2.FileDescriptorProto(name="tb.proto", syntax="proto3")
    T = descriptor_pb2.FieldDescriptorProto

    def add(name, fields):
        m = f.message_type.add(name=name)
        for number, label, kind, field_name, type_name in fields:
            m.field.add(name=field_name, number=number, label=label, type=kind, type_name=type_name)

    add("Value", [(1, 1, T.TYPE_STRING, "tag", None), (2, 1, T.TYPE_FLOAT, "simple_value", None)])
    add("Summary", [(1, 3, T.TYPE_MESSAGE, "value", "Value")])
    add("Event", [(1, 1, T.TYPE_DOUBLE, "wall_time", None), (2, 1, T.TYPE_INT64, "step", None),
                  (3, 1, T.TYPE_STRING, "file_version", None), (5, 1, T.TYPE_MESSAGE, "summary", "Summary")])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(f)
    Event = message_factory.GetMessageClass(pool.FindMessageTypeByName("Event"))
    for wall, step, tag, value in SCALARS:
        e = Event.FromString(scalar_event(wall, step, tag, value))
        want = struct.unpack("<f", struct.pack("<f", value))[0]
        assert (e.wall_time, e.step, e.summary.value[0].tag, e.summary.value[0].simple_value) == (wall, step, tag, want)
    assert Event.FromString(version_event(1.0)).file_version == "brain.Event:2"


assert crc32c(b"123456789") == 0xE3069283  # RFC 3720, B.4 uses the same polynomial
check_with_protobuf()
data = frame(version_event(0.0)) + b"".join(frame(scalar_event(*s)) for s in SCALARS)
(pathlib.Path(__file__).parent / "tb_events.bin").write_bytes(data)
