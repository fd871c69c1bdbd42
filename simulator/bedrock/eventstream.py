"""The AWS event stream: binary frames with two checksums each.

A frame: u32 length of the whole, u32 length of the headers, u32 CRC-32 of these eight bytes, headers,
payload, u32 CRC-32 of everything before it; all big-endian. A header: u8 length of the name, the name, u8
type (7: string), u16 length of the value, the value. Source: the encoding's description in the AWS SDK
documentation (Smithy, "Amazon Event Stream Specification").
"""

from __future__ import annotations

import struct
from zlib import crc32

_STRING = 7


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    """One frame with string headers."""
    packed = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
    body = prelude + struct.pack(">I", crc32(prelude)) + packed + payload
    return body + struct.pack(">I", crc32(body))


def event(kind: str, payload: bytes) -> bytes:
    """A frame that carries one of the service's ordinary events."""
    return frame(
        {":event-type": kind, ":content-type": "application/json", ":message-type": "event"},
        payload,
    )


def exception(kind: str, payload: bytes) -> bytes:
    """A frame that carries an exception of the service's model, e.g. `throttlingException`."""
    return frame(
        {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"},
        payload,
    )


def error(code: str, message: str) -> bytes:
    """A frame that carries an error outside the service's model, e.g. `InternalFailure`."""
    return frame({":error-code": code, ":error-message": message, ":message-type": "error"}, b"")


def with_wrong_checksum(frame: bytes) -> bytes:
    """The same frame, its last checksum wrong in every bit."""
    return frame[:-4] + bytes(byte ^ 0xFF for byte in frame[-4:])


def _header(name: str, value: str) -> bytes:
    raw_name, raw_value = name.encode(), value.encode()
    return struct.pack(">B", len(raw_name)) + raw_name + struct.pack(">BH", _STRING, len(raw_value)) + raw_value
