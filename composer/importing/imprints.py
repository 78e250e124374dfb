"""The words with which imprints begin: who made an issue, and from what."""

from __future__ import annotations

import re

_IMPRINT = re.compile(
    r".{0,12}(?:简报|通讯|快讯|刊物|内容|信息)(?:的)?(?:内容|信息)?(?:均)?(?:来源于|来自|由.{2,40}(?:编制|编辑|制作|主办|汇编))"
    r"|(?:主办|承办|编辑|主编|责任编辑|编辑部|编制单位|主办单位|联系我们|版权|免责声明)(?:单位)?\s?[:：]"
    r"|版权所有|©|\(c\)\s|copyright\b"
    r"|this (?:bulletin|newsletter|issue|digest) (?:is|was) "
    r"|(?:published|edited|compiled|produced|prepared) by\b|imprint\b|editors?\s?[:：]"
    r"|(?:ce|cette) (?:bulletin|lettre)\b|(?:publié|rédigé|édité) par\b|mentions légales",
    re.IGNORECASE,
)


def reads_as_imprint(text: str) -> bool:
    """Whether `text` begins as imprints do."""
    return _IMPRINT.match(text) is not None
