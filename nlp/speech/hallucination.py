"""What Whisper writes when nobody speaks: subtitle credits, thanks to viewers, and words in a loop.

The phrases are those reported again and again for Mandarin (credits of subtitle groups, calls to subscribe), for its
training data are subtitles. A note that merely contains one is kept: only texts made of little else are refused.
"""

from __future__ import annotations

import re

_KNOWN = re.compile(
    r"(?:中文)?字幕(?:由|[:：])?.{0,16}?(?:提供|制作|校对|翻译|志愿者|组)"
    r"|字幕\s*(?:by|BY|By)?\s*.{0,8}$"
    r"|(?:谢谢|感谢)(?:大家|您|你们?|各位)?(?:的)?(?:观看|收看|收听|聆听|支持)"
    r"|请?(?:不吝)?点赞.{0,4}订阅.{0,4}转发.{0,4}打赏支持"
    r"|明镜(?:需要您的支持|与点点栏目|与点点|火拍)?(?:欢迎)?(?:订阅)?"
    r"|(?:欢迎|请|记得)?(?:点赞|订阅|转发|关注|打赏|分享)+(?:我的频道|本频道|频道)?"
    r"|(?:我们)?下(?:期|次|个视频)(?:再见|见)"
    r"|以下是普通话的句子|本期视频|优优独播剧场|YoYoTelevisionSeriesExclusive|李宗盛|(?:作词|作曲|编曲)(?:李宗盛)?"
    r"|点点栏目|由Amara\.?org社区提供的?"
)
_LOOP = re.compile(r"(.{1,12}?)\1{3,}")
#: A text is refused when no more than this many characters remain beside known phrases.
_REMAINS = 2
#: A text is refused when one repeated unit makes up at least this part of it.
_LOOP_PART = 0.6


def is_hallucination(text: str) -> bool:
    """Say whether a transcript is a known credit, a call to subscribe, a loop, or nothing that can be read."""
    bare = bare_words(text)
    if not bare:
        return True
    compact = "".join(character for character in text if not character.isspace())
    if len(bare_words(_KNOWN.sub("", compact))) <= _REMAINS < len(bare):
        return True
    return is_loop(bare)


def is_loop(text: str) -> bool:
    """Say whether a unit repeated four times or more makes up most of a text longer than eight characters."""
    repeated = sum(len(match.group()) for match in _LOOP.finditer(text))
    return len(text) > 8 and repeated >= _LOOP_PART * len(text)


def bare_words(text: str) -> str:
    """Return letters, digits and characters only, in lower case."""
    return "".join(character for character in text.lower() if character.isalnum())
