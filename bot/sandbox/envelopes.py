"""The XML that WeCom puts into its callbacks, and the encryption around it (protocol notes §1.3, §1.4, §2)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from bot.sandbox.company import Company
from bot.wecom.crypto import Crypto

#: A value of an XML element: text in CDATA, a number bare, a mapping nested, a list repeated under its name.
Xml = str | int | float | Mapping[str, "Xml"] | list["Xml"]

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted callback ready to be posted: the query and the body. Both stay the same over all tries."""

    query: dict[str, str]
    body: bytes


def xml_of(fields: Mapping[str, Xml]) -> str:
    """Return `<xml>…</xml>` with the fields in order."""
    return f"<xml>{_children(fields)}</xml>"


def message_xml(company: Company, userid: str, at: datetime, kind: str, fields: Mapping[str, Xml], msgid: int) -> str:
    """Return an ordinary message; `kind` is its MsgType."""
    return xml_of({**_head(company, userid, at, kind), **fields, "MsgId": msgid, "AgentID": company.agentid})


def event_xml(company: Company, userid: str, at: datetime, event: str, fields: Mapping[str, Xml]) -> str:
    """Return an event. Events carry no MsgId."""
    return xml_of({**_head(company, userid, at, "event"), "Event": event, **fields, "AgentID": company.agentid})


def seal(company: Company, xml: str, at: datetime) -> Sealed:
    """Encrypt and sign one callback body."""
    query, encrypted = _encrypt(company, xml, at)
    envelope: dict[str, Xml] = {"ToUserName": company.corpid, "AgentID": str(company.agentid), "Encrypt": encrypted}
    return Sealed(query, xml_of(envelope).encode())


def seal_echo(company: Company, at: datetime) -> tuple[dict[str, str], str]:
    """Return the query of a URL verification and the plaintext that must be answered."""
    plain = str(secrets.randbelow(10**19))
    query, echo = _encrypt(company, plain, at)
    return {**query, "echostr": echo}, plain


def selected_items(chosen: Mapping[str, list[str]]) -> dict[str, Xml]:
    """Return the `SelectedItems` element of a card event, or nothing where nothing was chosen."""
    items: list[Xml] = [
        {"QuestionKey": question, "OptionIds": {"OptionId": [str(o) for o in options]}}
        for question, options in chosen.items()
    ]
    return {"SelectedItems": {"SelectedItem": items}} if items else {}


def _head(company: Company, userid: str, at: datetime, kind: str) -> dict[str, Xml]:
    return {
        "ToUserName": company.corpid,
        "FromUserName": userid,
        "CreateTime": int(at.timestamp()),
        "MsgType": kind,
    }


def _children(fields: Mapping[str, Xml]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Xml) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, Mapping):
        return f"<{name}>{_children(value)}</{name}>"
    if isinstance(value, str):
        text = _ILLEGAL.sub("", value).replace("]]>", "]]]]><![CDATA[>")
        return f"<{name}><![CDATA[{text}]]></{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def _encrypt(company: Company, text: str, at: datetime) -> tuple[dict[str, str], str]:
    """Return the signed query and the ciphertext."""
    crypto = Crypto(company.token, company.encoding_aes_key, company.corpid)
    sealed = crypto.encrypt(
        text.encode(), timestamp=str(int(at.timestamp())), nonce=str(10**9 + secrets.randbelow(10**9))
    )
    return {"msg_signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}, sealed.encrypt
