"""Decrypted XML as inbound values: every documented kind, and whatever else may come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wecom.errors import Rejected
from bot.wecom.parse import from_update, to_inbound
from handlers.messages import (
    Inbound,
    InboundAction,
    InboundEvent,
    InboundLink,
    InboundLocation,
    InboundMedia,
    InboundText,
    InboundUnsupported,
)
from tests.bot.wecom.fakes import RECEIVED_AT, VECTORS, event_xml, message_xml


def read(xml: str | bytes) -> Inbound:
    return to_inbound(xml, received_at=RECEIVED_AT)


def vector(name: str) -> Inbound:
    return read(next(v["expected_plaintext"] for v in VECTORS["inbound_messages"] if v["name"] == name))


@pytest.mark.parametrize("recorded", VECTORS["inbound_messages"], ids=lambda v: v["name"])
def test_recorded_delivery_has_sender_time_and_identity(recorded: dict[str, object]) -> None:
    inbound = read(str(recorded["expected_plaintext"]))
    fields = recorded["expected_fields"]
    assert isinstance(fields, dict)
    assert not isinstance(inbound, InboundUnsupported)
    assert (inbound.channel, inbound.sender_id) == ("wecom", fields["FromUserName"])
    assert inbound.sent_at.timestamp() == int(fields["CreateTime"])
    if recorded["dedupe_key_hint"] == "MsgId":
        assert inbound.source_id == f"wecom:{fields['MsgId']}"


def test_text_comes_as_written() -> None:
    inbound = vector("text")
    assert isinstance(inbound, InboundText)
    assert inbound.text == "拜访 城南华联超市，补货2箱 & 收款￥1,280 <急> 😀"


@pytest.mark.parametrize("content", ["", "  ", "\n确认\n"])
def test_blank_text_is_not_touched(content: str) -> None:
    inbound = read(message_xml("text", f"<Content><![CDATA[{content}]]></Content>"))
    assert isinstance(inbound, InboundText)
    assert inbound.text == content


def test_encoding_that_the_xml_declares_has_no_say() -> None:
    xml = '<?xml version="1.0" encoding="gbk"?>' + message_xml("text", "<Content>外勤</Content>")
    inbound = read(xml.encode())
    assert isinstance(inbound, InboundText)
    assert inbound.text == "外勤"


def test_sender_is_lower_cased() -> None:
    assert read(message_xml("text")).sender_id == "lin.wei"


@pytest.mark.parametrize(("name", "kind"), [("image", "photo"), ("voice", "voice"), ("video", "video")])
def test_media_carry_their_reference(name: str, kind: str) -> None:
    inbound = vector(name)
    assert isinstance(inbound, InboundMedia)
    assert (inbound.kind, inbound.media_ref[:4]) == (kind, "1Qx_")
    assert inbound.format == ("amr" if kind == "voice" else "")


def test_file_is_read_should_a_client_send_one() -> None:
    inbound = read(message_xml("file", "<MediaId>m1</MediaId><FileName>报价.xlsx</FileName>"))
    assert isinstance(inbound, InboundMedia)
    assert (inbound.kind, inbound.media_ref, inbound.filename) == ("file", "m1", "报价.xlsx")


def test_location_message_is_a_deliberate_gcj02_pin() -> None:
    inbound = vector("location")
    assert isinstance(inbound, InboundLocation)
    assert (inbound.lat, inbound.lon, inbound.datum, inbound.deliberate) == (23.134521, 113.358803, "gcj02", True)
    assert inbound.label == "广东省广州市天河区示例路12号"


def test_reported_position_is_never_a_check_in() -> None:
    inbound = vector("event_LOCATION")
    assert isinstance(inbound, InboundLocation)
    assert (inbound.datum, inbound.accuracy_m, inbound.deliberate) == ("wgs84", 65.0, False)


def test_picked_position_is_a_check_in_named_by_its_place() -> None:
    inbound = vector("event_location_select")
    assert isinstance(inbound, InboundLocation)
    assert (inbound.lat, inbound.datum, inbound.deliberate) == (23.134, "gcj02", True)
    assert inbound.label.startswith("华联超市 广东省")


@pytest.mark.parametrize("bad", ["", "abc", "nan", "inf", "91", "1e999"])
def test_position_without_a_place_on_earth_is_unsupported(bad: str) -> None:
    xml = message_xml("location", f"<Location_X>{bad}</Location_X><Location_Y>113</Location_Y>")
    assert isinstance(read(xml), InboundUnsupported)


def test_link_keeps_its_address() -> None:
    inbound = vector("link")
    assert isinstance(inbound, InboundLink)
    assert (inbound.title, inbound.url) == ("客户门店资料", "https://example.com/s?a=1&b=2")


def test_card_click_with_one_selection() -> None:
    inbound = vector("event_template_card_event")
    assert isinstance(inbound, InboundAction)
    assert (inbound.action, inbound.task_id) == ("visit:confirm:8f2c", "visit-20261003-8f2c_1")
    assert inbound.selections == (("outcome", ("deal",)),)
    assert inbound.update_code == "inventedResponseCode-0011223344556677"


def test_card_click_with_several_selections() -> None:
    inbound = vector("event_template_card_event_multi")
    assert isinstance(inbound, InboundAction)
    assert inbound.selections == (("q1", ("o1", "o3")), ("q2", ("x",)))


def test_card_menu_is_an_action_too() -> None:
    inbound = vector("event_template_card_menu_event")
    assert isinstance(inbound, InboundAction)
    assert (inbound.action, inbound.selections) == ("mute_today", ())


def test_response_code_shows_neither_in_the_identity_nor_in_print() -> None:
    inbound = vector("event_template_card_event")
    assert inbound.message_id.startswith("click-")
    assert "inventedResponseCode" not in repr(inbound) + inbound.source_id


def test_menu_click_is_an_action() -> None:
    inbound = vector("event_click")
    assert isinstance(inbound, InboundAction)
    assert (inbound.action, inbound.update_code) == ("MENU_TODAY", "")


@pytest.mark.parametrize(
    ("event", "more", "key"),
    [
        ("enter_agent", "<EventKey/>", ""),
        ("subscribe", "", ""),
        ("unsubscribe", "", ""),
        ("view", "<EventKey>https://visit.example.com/h5</EventKey>", "https://visit.example.com/h5"),
        ("view_miniprogram", "<EventKey>pages/a</EventKey>", "pages/a"),
        ("scancode_push", "<ScanCodeInfo><ScanResult>STORE-0012</ScanResult></ScanCodeInfo>", "STORE-0012"),
        ("scancode_waitmsg", "<ScanCodeInfo><ScanResult>STORE-0012</ScanResult></ScanCodeInfo>", "STORE-0012"),
        ("pic_sysphoto", "<EventKey>MENU_PHOTO</EventKey>", "MENU_PHOTO"),
        ("pic_photo_or_album", "<EventKey>MENU_PHOTO</EventKey>", "MENU_PHOTO"),
        ("pic_weixin", "<EventKey>MENU_PHOTO</EventKey>", "MENU_PHOTO"),
        ("batch_job_result", "<BatchJob><JobType>sync_user</JobType><ErrCode>0</ErrCode></BatchJob>", "sync_user:0"),
        ("change_contact", "<ChangeType>delete_user</ChangeType><UserID>zhao.min2</UserID>", "delete_user:zhao.min2"),
        ("change_contact", "<ChangeType>create_party</ChangeType><Id>31</Id>", "create_party:31"),
        ("open_approval_change", "<ApprovalInfo><ThirdNo>EXP-1</ThirdNo></ApprovalInfo>", "EXP-1"),
        ("sys_approval_change", "<ApprovalInfo><SpNo>202610030007</SpNo></ApprovalInfo>", "202610030007"),
        ("inactive_alert", "<EffectTime>1791600000</EffectTime>", "1791600000"),
        ("close_inactive_agent", "", ""),
        ("low_active_alert", "<EffectTime>1791600000</EffectTime>", "1791600000"),
        ("share_agent_change", "", ""),
    ],
)
def test_event_is_recorded_with_its_key(event: str, more: str, key: str) -> None:
    inbound = read(event_xml(event, more))
    assert isinstance(inbound, InboundEvent)
    assert (inbound.kind, inbound.key) == (event, key)


def test_unknown_message_and_event_are_told_apart() -> None:
    message, event = read(message_xml("hologram")), read(event_xml("hologram"))
    assert isinstance(message, InboundUnsupported)
    assert isinstance(event, InboundUnsupported)
    assert (message.kind, event.kind) == ("hologram", "event:hologram")


def test_unknown_system_event_is_only_recorded() -> None:
    inbound = read(event_xml("new_alert", sender="sys"))
    assert isinstance(inbound, InboundEvent)
    assert inbound.kind == "new_alert"


def test_media_without_reference_is_unsupported() -> None:
    assert isinstance(read(message_xml("voice")), InboundUnsupported)


def test_two_events_of_one_second_have_two_identities() -> None:
    entered = read(event_xml("enter_agent"))
    reported = read(event_xml("LOCATION", "<Latitude>23.1</Latitude><Longitude>113.3</Longitude>"))
    assert entered.message_id != reported.message_id


def test_event_with_its_elements_in_another_order_is_the_same() -> None:
    first = event_xml("click", "<EventKey>A</EventKey><AgentID>1</AgentID>")
    second = event_xml("click", "<AgentID>1</AgentID><EventKey>A</EventKey>")
    assert read(first).message_id == read(second).message_id


@pytest.mark.parametrize("time", ["", "soon", "9" * 30, "9" * 5000])
def test_absurd_time_gives_way_to_the_time_of_receipt(time: str) -> None:
    xml = message_xml("text").replace("<CreateTime>1791000000", f"<CreateTime>{time}")
    assert read(xml).sent_at == RECEIVED_AT


def test_stored_update_is_read_back() -> None:
    update = {"channel": "wecom", "xml": message_xml("text"), "received_at": RECEIVED_AT.isoformat()}
    assert from_update(update).sent_at == datetime(2026, 10, 3, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"<xml><MsgType>text", "xml_malformed"),
        (b"\xcd\xe2\xc7\xda", "text_decoding"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>', "xml_forbidden"),
        (b'<?xml version="1.0" encoding="gbk"?><xml>\xcd\xe2</xml>', "text_decoding"),
    ],
)
def test_bad_xml_is_refused(xml: bytes, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        read(xml)


_TAGS = st.sampled_from(
    [
        "MsgType",
        "Event",
        "EventKey",
        "MsgId",
        "CreateTime",
        "FromUserName",
        "MediaId",
        "Content",
        "ResponseCode",
        "Location_X",
        "Location_Y",
        "Latitude",
        "Longitude",
        "Precision",
        "SelectedItems",
        "SelectedItem",
        "Other",
    ]
)
_VALUES = st.sampled_from(
    ["", "text", "voice", "event", "location", "LOCATION", "click", "-1", "1e309", "template_card_event"]
)


@settings(deadline=None)
@given(st.lists(st.tuples(_TAGS, _VALUES | st.text(alphabet="abc 外勤１", max_size=8)), max_size=12))
def test_wellformed_xml_always_becomes_something(fields: list[tuple[str, str]]) -> None:
    xml = "<xml>" + "".join(f"<{tag}>{value}</{tag}>" for tag, value in fields) + "</xml>"
    inbound = read(xml)
    assert isinstance(inbound, Inbound)
    assert inbound.message_id
    assert read(xml) == inbound


def test_deeply_nested_xml_does_no_harm() -> None:
    depth = 20_000
    assert isinstance(read("<x>" * depth + "</x>" * depth), InboundUnsupported)
