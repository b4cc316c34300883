"""Reading XML from outside: no DTD, no entities, UTF-8 only, and nothing but `Rejected` on bad input."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.wecom.errors import Rejected


def read_xml(data: bytes | str) -> Element:
    """Parse a document. Raises `Rejected`: `text_decoding`, `xml_forbidden` (DTD or entities), `xml_malformed`."""
    text = decode_utf8(data) if isinstance(data, bytes) else data
    try:
        root = fromstring(text, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise Rejected("xml_forbidden") from None
    except (ParseError, ValueError):
        raise Rejected("xml_malformed") from None
    return root


def decode_utf8(data: bytes) -> str:
    """Decode strictly. Raises `Rejected("text_decoding")`; an encoding that the XML itself declares has no say."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected("text_decoding") from None


def child_text(element: Element, path: str) -> str:
    """Return the text at `path` unchanged, empty if the element is absent or empty."""
    return element.findtext(path, default="") or ""


def child_id(element: Element, path: str) -> str:
    """Return an identifier at `path` without the blanks that pretty-printing may put around it."""
    return child_text(element, path).strip()
