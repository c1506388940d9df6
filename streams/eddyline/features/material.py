"""What a prompt brings along: examples, code, JSON, lists, quotations, links, numbers. Any language."""

import re

from eddyline.features.feature import Feature
from eddyline.features.reading import Reading

# Possessive quantifiers (a + after another quantifier) never give back, so every search is linear whatever the text is.
_LABEL = re.compile(
    r"[ \t>*#-]{0,8}+(input|output|q|a|question|answer|example|user|assistant|human|ai|text|label|sentence|review"
    r"|sentiment|eingabe|ausgabe|frage|antwort|pregunta|respuesta|输入|输出|问题|答案|问|答)"
    r"(?: ?#?\d{1,2})?+[ \t*]{0,4}+[:\uff1a]",
)
_ITEM = re.compile(r"[ \t]*+(?:[-*•\u2013·]|\(?\d{1,2}[.)]|[a-z]\))[ \t]++[^\s*-]|[ \t]*+\d{1,2}、")
_CODE_SIGNS = (
    *("```", "();", "});", "</", "/>", "=> {", "{\n", ";\n"),
    *("==", "!=", "&&", "::", "#include", "<?php", "\\begin{"),
)
_CODE_LINE = re.compile(
    r"[ \t]*+(?:(?:def|class|function|func|fn) \w++ ?[(:{<]|(?:const|let|var|int|float|string) \w++ ?=|#!/"
    r"|import [\w.]++;?+$|from [\w.]++ import |select .{1,200}? from |return\b.{0,200};|[\w.]++ = [\w.]*+[\[{('\"]"
    r"|[\w.]++\([^()]{0,80}\);?+$)",
)
_JSON_FIELD = re.compile(r"[{,]\s{0,80}+\"[^\"\n]{1,80}+\"\s{0,8}+:")
_BLANK_LINE = re.compile(r"\n[ \t\r]*+\n")
_QUOTATION = re.compile(
    r"\"[^\"\n]{2,500}+\"|“[^“”\n]{2,500}+”|„[^„“”\n]{2,500}+[“”]|«[^«»\n]{2,500}+»|「[^「」\n]{2,500}+」",
)
_DIGIT = re.compile(r"\d")


def _shows_examples(reading: Reading) -> bool:
    labels = [found[1] for found in map(_LABEL.match, reading.lines) if found]
    return len(labels) > len(set(labels))


def _has_code(reading: Reading) -> bool:
    return any(sign in reading.text for sign in _CODE_SIGNS) or any(map(_CODE_LINE.match, reading.lines))


def _has_json(reading: Reading) -> bool:
    return "{" in reading.text and _JSON_FIELD.search(reading.text) is not None


def _has_list(reading: Reading) -> bool:
    return sum(map(bool, map(_ITEM.match, reading.lines))) > 1


def _has_paragraphs(reading: Reading) -> bool:
    return _BLANK_LINE.search(reading.text.strip()) is not None


def _quotes(reading: Reading) -> bool:
    return _QUOTATION.search(reading.text) is not None


def _links(reading: Reading) -> bool:
    return "://" in reading.text or " www." in reading.lower


def _has_a_number(reading: Reading) -> bool:
    return _DIGIT.search(reading.text) is not None


FEATURES = (
    Feature(
        "few_shot", "shows examples: a label such as 'Input:' opens two lines or more", "show examples", _shows_examples
    ),
    Feature("code", "has source code or markup", "contain code or markup", _has_code),
    Feature("json", "has a field of a JSON object", "contain JSON", _has_json),
    Feature("list", "has two list items or more, each on a line of its own", "contain a list", _has_list),
    Feature("paragraphs", "has a blank line between two parts", "have several paragraphs", _has_paragraphs),
    Feature("quotation", "has a passage in quotation marks", "quote a passage", _quotes),
    Feature("link", "has a web address", "contain a web address", _links),
    Feature("number", "has a digit", "contain a digit", _has_a_number),
)
