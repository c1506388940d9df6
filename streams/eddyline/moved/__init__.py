"""What moved: the part of an alarm that says in words and examples what came and what went.

``style`` compares the counts of style features with the baseline, ``region`` finds where prompts are that were not
there before. Both are pure functions of what judge keeps.
"""
