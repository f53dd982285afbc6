"""Refusals: narrow, so that classifying, extracting from or moderating bad text still works."""

from __future__ import annotations

import re

from coreskills.offline.task import Answer, Task

_HARM = re.compile(
    r"\b(?:(?:help me|how (?:do|can|could|would|to)|show me how|teach me|explain how|"
    r"tell me how|instructions?|steps|recipe|guide|write|make|build|create|give me|design|"
    r"code)\b[^.\n]{0,60}"
    r"\b(?:pipe bomb|bombs?|explosives?|nerve (?:agent|gas)|sarin|bioweapon|biological weapon|"
    r"chemical weapon|ransomware|malware|keylogger|spyware|computer virus|botnet|ddos|"
    r"phishing (?:e?mail|page|kit|site|message|campaign)s?|meth(?:amphetamine)?|counterfeit (?:money|"
    r"bills)|fake (?:passport|id card)|child porn\w*|"
    r"(?:poison|murder|kill|stalk|blackmail) (?:(?:my|a|an|the|some) )?(?:him|her|them|some(?:one|body)|neighbou?r|"
    r"wife|"
    r"husband|boss|friend|girlfriend|boyfriend|person|people|man|woman|child|children|colleague|teacher|ex))"
    r"|(?:steal|hack|crack|break into) (?:[\w'\u2019-]+ ){0,3}(?:password|account|bank|wi-?fi|phone|"
    r"credit card|identity|server)s?)\b",
    re.I,
)
_ABOUT_TEXT = re.compile(
    r"(?i)\b(classif|categor|label|moderat|toxic|spam|detect|flag|extract|summar|is (this|"
    r"the following)|translate|rate|score)"
)


def is_harmful(task: Task) -> bool:
    """Whether the user asks for help with harm; working *on* a harmful text is not that."""
    asked = task.last[:4000]
    return bool(_HARM.search(asked)) and not (_ABOUT_TEXT.search(task.order) or task.sources or task.labels)


def run(task: Task) -> Answer:
    """Decline, say why in a sentence, offer what is possible."""
    text = (
        "I can't help with that: it could hurt people. If you are working on moderation, "
        "give me the text and the labels "
        "to choose from, and I classify it."
    )
    return Answer(text, notes={"refused": True}, refused=True)
