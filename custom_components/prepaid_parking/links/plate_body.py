"""The JSON in what a camera posts, alone, as a field of a form, or beside a picture; and the picture.

Whatever is posted, nothing but a PayloadError comes out.
"""

from collections.abc import Iterator
from email.message import Message as Header
from typing import Final
from urllib.parse import parse_qs

from ..core.picture import kind_of
from .payloads.reading import PayloadError

FIELD: Final = "json"
"""The form's field that Plate Recognizer Stream puts its JSON into."""
LONGEST_JSON: Final = 1_000_000
"""OpenALPR writes the cut-out of each plate into its JSON, a few ten thousand characters."""
MOST_PARTS: Final = 20
MOST_FIELDS: Final = 50
_END_OF_HEADER: Final = b"\r\n\r\n"


def json_body(content_type: str, body: bytes) -> bytes:
    """Return the JSON of a request, as UTF-8. Raises PayloadError."""
    header = _header({"Content-Type": content_type})
    kind = header.get_content_type()
    if kind == "multipart/form-data":
        found = _part(header, body)
    elif kind == "application/x-www-form-urlencoded" and not body.lstrip().startswith((b"{", b"[")):
        found = _field(body)
    else:
        found = body
    if len(found) > LONGEST_JSON:
        raise PayloadError("payload_too_large", size=len(found))
    return _utf_8(found)


def picture_in(content_type: str, body: bytes) -> bytes:
    """Return the picture in a form, by its first bytes whatever it is called; empty where none is."""
    header = _header({"Content-Type": content_type})
    if header.get_content_type() != "multipart/form-data" or (edge := _edge(header)) is None:
        return b""
    return next((content for _, content in _parts(edge, body) if kind_of(content)), b"")


def _part(header: Header, body: bytes) -> bytes:
    """Return the form's JSON: the field of that name, or the first that says it is JSON."""
    if (edge := _edge(header)) is None:
        raise PayloadError("payload_not_json")
    for head, content in _parts(edge, body):
        lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
        about = _header({name.strip(): value.strip() for name, _, value in lines if name.strip()})
        named = about.get_param("name", header="content-disposition") == FIELD
        if named or about.get("content-type", "").startswith("application/json"):
            return content
    raise PayloadError("payload_missing", path=FIELD)


def _edge(header: Header) -> bytes | None:
    """Return what stands between the parts of a form."""
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary or not boundary.isascii():
        return None
    return b"--" + boundary.encode()


def _parts(edge: bytes, body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give the parts of a form: what is said of each, and what it holds."""
    for part in body.split(edge, MOST_PARTS)[1:]:
        head, found, content = part.partition(_END_OF_HEADER)
        if found:
            yield head, content.removesuffix(b"\r\n")


def _field(body: bytes) -> bytes:
    try:
        fields = parse_qs(body.decode("latin-1"), max_num_fields=MOST_FIELDS)
    except ValueError as err:
        raise PayloadError("payload_not_json") from err
    if FIELD not in fields:
        raise PayloadError("payload_missing", path=FIELD)
    return fields[FIELD][0].encode()


def _header(fields: dict[str, str]) -> Header:
    header = Header()
    for name, value in fields.items():
        header[name] = value
    return header


def _utf_8(body: bytes) -> bytes:
    """Return a text as UTF-8: some gate cameras write in the Chinese national encoding."""
    try:
        body.decode()
    except UnicodeDecodeError:
        try:
            return body.decode("gb18030").encode()
        except UnicodeDecodeError as err:
            raise PayloadError("payload_not_text") from err
    return body
