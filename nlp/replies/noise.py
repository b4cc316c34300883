"""Takes out what says nothing: little pictures, courtesies, particles that dialects end a clause with (咯 撒 嘞)."""

from __future__ import annotations

import re

#: Little pictures, joiners and the frame of a keycap, but those that agree.
_PICTURE = re.compile("(?![👌👍✅✔])[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f\u20e3\u200d]")
_PARTICLE = re.compile(
    r"(?<=\w)(?:[咯撒嘞啦哒咧噻呗嘛哩喽啵哟喔噢昂呐捏滴嗷]|(?<=[对好是的了行])额|(?<!哈)哈(?!哈)|(?<!亲)哦)+"
    r"(?=[\s，,。.！!？?；;、~～…]|$)"
)

_COURTESY = re.compile(
    r"(?:(?<=[，,。\s])|^)(?:真是|实在)?(?:谢谢|多谢|麻烦|抱歉|不好意思|对不起|劳驾|辛苦)(?:[侬你您]|一下|[啊了呀哈])*(?=[，,。！!\s]|$)"
    r"|(?:(?<=[，,。\s])|^)请(?=[\u4e00-\u9fff])"
)


def quiet(text: str) -> str:
    """Return the text with blanks in place of noise: every other character keeps its position."""
    return _PARTICLE.sub(_blanks, _PICTURE.sub(" ", text))


def plainly(text: str) -> str:
    """Return a quiet text with blanks in place of courtesies and what says that something else was meant."""
    return _COURTESY.sub(_blanks, text.replace("✅", " "))


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match.group())
