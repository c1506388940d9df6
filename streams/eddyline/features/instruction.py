"""What a prompt asks of the answer: its format, length, style, reasoning and limits. English words."""

from eddyline.features.feature import Feature, says

FEATURES = (
    Feature(
        "format_instruction",
        "names a format of the answer: a table, bullet points, JSON ...",
        "ask for a format",
        says(
            """
            bullet, bullets, bulleted, bullet points, numbered list, as a list, in a list, a list of, a table with,
            a table of, as a table, in a table, table format, tabular, columns, csv, json, yaml, xml, html,
            markdown, latex, code block, format, formatted, in the form of, template, headings, subheadings, boxed,
            plain text
            """,
        ),
    ),
    Feature(
        "length_instruction",
        "says how long the answer should be",
        "say how long the answer should be",
        says(
            """
            short, shorter, brief, briefly, concise, concisely, succinct, longer, lengthy, in detail, detailed,
            in depth, words, characters long, tokens, one sentence, a sentence, two sentences, few sentences,
            sentences, one paragraph, a paragraph, paragraphs, one line, one word, single word, at most,
            no more than, comprehensive, long answer
            """,
        ),
    ),
    Feature(
        "style_instruction",
        "says how the answer should sound, or for whom it is",
        "say how the answer should sound",
        says(
            """
            tone, style, formal, informal, friendly, professional, casual, conversational, humorous, funny, witty,
            persuasive, engaging, academic, poetic, empathetic, polite, creative, audience, beginner, beginners,
            year old, layman, layman's terms, simple terms, eli5, plain english, simple language, simple words,
            sound like, sounds like, in the voice of
            """,
        ),
    ),
    Feature(
        "reasoning_instruction",
        "asks for steps, reasons or an explanation",
        "ask for steps or reasons",
        says(
            """
            step by step, steps, reasoning, explain, explanation, explanations, justify, rationale, show your work,
            think carefully, think about, let's think, think through, pros and cons, chain of thought, prove,
            derive
            """,
        ),
    ),
    Feature(
        "constraint",
        "sets a limit: do not, avoid, only, must ...",
        "set a limit",
        says(
            """
            don't, dont, do not, never, avoid, without, only, must, mustn't, must not, should not, shouldn't,
            exactly, nothing else, no explanation, no explanations, make sure, ensure, unless
            """,
        ),
    ),
)
