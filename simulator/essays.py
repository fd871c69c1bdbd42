"""The texts that the simulator knows, and which prompt gets which."""

from __future__ import annotations

import re
from typing import NamedTuple

from .essay_post import TEXT as POST_TEXT


class Entry(NamedTuple):
    """A text, the prompt that asks for it, and the words by which other prompts find it."""

    prompt: str
    words: str
    text: str
    reasoning: str = ""

    def fits(self, prompt: str) -> bool:
        return re.search(rf"\b(?:{self.words})\b", prompt, re.IGNORECASE) is not None


CRICKET = Entry(
    "Tell me about history of Cricket in 200 words.",
    "cricket",
    """\
Cricket grew up in the Weald of south-east England, probably as a children's game. The first clear mention \
is from a court case of 1597, when a witness in Guildford recalled playing "creckett" as a schoolboy about \
fifty years before.

In the eighteenth century gamblers and noble patrons made it a serious sport. The Laws were first written \
down in 1744. The Hambledon club in Hampshire led the game until London's Marylebone Cricket Club, founded \
in 1787, became the keeper of its rules.

Bowling changed from underarm to roundarm, and overarm was allowed in 1864. Soon after, W. G. Grace made \
himself the game's first great star. Australia and England played the first Test match in Melbourne in 1877, \
and the Ashes legend began in 1882.

The British Empire carried cricket to the Caribbean, South Africa, New Zealand and the Indian subcontinent, \
where it found its largest home. One-day internationals started in 1971; the first men's World Cup followed \
in 1975, two years after the women's. India's victory of 1983 changed the balance of the game.

Twenty20, launched in England in 2003, brought shorter evenings and bigger crowds. With the Indian Premier \
League, since 2008, cricket's centre of money and attention has settled in India.
""",
)

POST = Entry(
    "Write a long essay on the history of the postal service, with headings, lists and a quote.",
    "postal|essay|the post|the mail",
    POST_TEXT,
)

CODE = Entry(
    "Write a Python function that counts the words in a text, with a test.",
    "python|function|code",
    """\
Here is a function that counts words and ignores case and punctuation. It treats an apostrophe inside a word \
as part of that word, so "don't" counts once.

```python
import re
from collections import Counter

WORD = re.compile(r"[^\\W\\d_]+(?:'[^\\W\\d_]+)*")


def count_words(text: str) -> Counter[str]:
    \"\"\"Count how often each word occurs in `text`.\"\"\"
    return Counter(word.lower() for word in WORD.findall(text))


def test_case_and_punctuation_do_not_matter() -> None:
    assert count_words("Don't panic. DON'T!") == {"don't": 2, "panic": 1}
```

Save it as `test_words.py` and run the test:

```shell
python -m pip install pytest
python -m pytest test_words.py
```

Two notes:

- `Counter` is a `dict`, so `count_words(text).most_common(10)` gives the ten most frequent words.
- The pattern works for any alphabet, since `\\w` covers all of Unicode's letters. It does not split \
languages that are written without spaces, such as Chinese or Thai.
""",
)

TABLE = Entry(
    "Compare the streaming APIs of OpenAI, AWS Bedrock and IBM watsonx.ai in a table.",
    "table|compare|comparison",
    """\
All three services send an answer in small pieces over one HTTP response. They differ in how the pieces are \
wrapped.

| | OpenAI | AWS Bedrock | IBM watsonx.ai |
|---|---|---|---|
| Call | `chat/completions` with `stream: true` | `converse-stream` | `text/chat_stream` |
| Framing | server-sent events | binary frames with checksums | server-sent events |
| Text is in | `choices[0].delta.content` | `contentBlockDelta.delta.text` | `choices[0].delta.content` |
| Why it ended | `finish_reason` | `messageStop.stopReason` | `finish_reason` |
| Token counts | last chunk, if asked for | `metadata` event | last chunk |
| Credentials | bearer key | signed request | bearer token from IAM |
| Retry a stream? | only before the first word | only before the first word | only before the first word |

Two things follow for anyone who reads such a stream:

1. **The end of the data is not the end of the answer.** Only the finish marker says that the answer is \
complete.
2. **The counts come last.** Whoever hangs up early has to estimate them.
""",
)

GREETINGS = Entry(
    "Say hello in many languages and scripts, with emoji.",
    "languages|scripts|emoji|hello|greetings?|unicode",
    """\
Hello! Here is a greeting in a dozen languages:

- العربية: السلام عليكم، كيف حالك؟
- עברית: שלום, מה שלומך?
- हिन्दी: नमस्ते, आप कैसे हैं?
- বাংলা: নমস্কার, কেমন আছেন?
- 中文：你好，今天过得怎么样？
- 日本語：こんにちは、お元気ですか。
- 한국어: 안녕하세요, 잘 지내세요?
- Ελληνικά: Γεια σας, τι κάνετε;
- Русский: Здравствуйте, как дела?
- ไทย: สวัสดีครับ สบายดีไหม
- Tiếng Việt: Xin chào, bạn có khỏe không?
- Íslenska: Góðan daginn, hvað segir þú gott?

Emoji can be made of several code points: a family 👨‍👩‍👧‍👦, a scientist 👩🏽‍🔬, a rainbow flag \
🏳️‍🌈, two flags 🇮🇳🇬🇷, a key 3️⃣.

Letters can be, too: e\u0301 is "e" with a combining accent and looks like é; \
Z\u0351\u0343\u0300a\u0308\u0316l\u0335\u0321g\u0337\u0315o\u0336\u0301 carries several marks on every \
letter. A program that cuts text at the wrong place shows it here.
""",
)

PUZZLE = Entry(
    "Solve a puzzle: a bat and a ball cost 1.10 together, the bat costs 1.00 more. What is the ball?",
    "puzzle|riddle|reason(?:ing)?|bat and a ball|step by step",
    """\
**The ball costs 0.05.**

Call the ball's price *b*. The bat costs 1.00 more, so it is *b* + 1.00, and together they cost 1.10:

- b + (b + 1.00) = 1.10
- 2b = 0.10
- b = 0.05

Check: the bat is 1.05, which is 1.00 more than 0.05, and 1.05 + 0.05 = 1.10.

The tempting answer is 0.10. It fails: the bat would then cost 1.10 and both together 1.20.
""",
    reasoning="""\
The quick answer would be 0.10, since 1.10 minus 1.00 is 0.10. Let me test it. If the ball is 0.10, the bat \
is 1.10, and the sum is 1.20. That is too much, so the quick answer is wrong.

Set it up properly. Ball b, bat b + 1.00. The sum is 2b + 1.00 = 1.10, so 2b = 0.10 and b = 0.05. Bat 1.05, \
ball 0.05, sum 1.10, difference 1.00. Both conditions hold.
""",
)

MARKUP = Entry(
    "Show me text with dollar signs, colour directives, HTML, a link and an image.",
    "dollars?|directives?|html|markup",
    """\
Answers hold all sorts of signs, and a page should show them as they were written.

A coffee costs $5 to $10, and the second one is $3 off. Between two dollar signs some pages see a formula.

These are words, not commands: :red[not red], :blue-background[no background], :material/home: and :smile: \
have colons around them. So does 12:30:45.

This is a tag that should not act: <b>not bold</b>, and neither should <script>alert("no")</script> or <br> \
or &nbsp;.

A link goes to [the example domain](https://example.com/?a=1&b=2), and a bare address is \
https://example.com/path_with_\
underscores.

![A picture that need not load](https://example.com/picture.png)

Signs that lead a line mean something in Markdown:

\\# not a heading

\\* not a list

1986\\. A great year, not a list item either.

Prices once more, in a list:

- small: $4.50
- large: $6.00
- both: $10.50, that is ~~$12.00~~ less 12.5 %
""",
)

SELF = """\
This is a simulator. No model was asked, and your question was not understood: it matched none of the \
answers that were written beforehand.

What it can show:

{prompts}

The model's name sets the speed (`sim-typical`, `sim-fast`, `sim-slow`) or asks for trouble (`sim-fault-cut`).
"""

# The essay comes early: its prompts often name a form ("with headings, a list and a quote") that others
# look for.
ENTRIES: tuple[Entry, ...] = (CRICKET, POST, CODE, TABLE, PUZZLE, GREETINGS, MARKUP)

ODD_CHARACTERS: tuple[str, ...] = (
    "Odd", " characters", " follow", ":", " NUL", " \x00", ",", " bell", " \x07", ",", " escape",
    " \x1b[31m", ",", " delete", " \x7f", ",", " next", " line", " \x85", ",", " lone", " surrogates",
    " \ud800", " and", " \udc00", ",", " a", " split", " pair", " \ud83d", "\ude00", ",", " right",
    "-to-left", " \u200fmark\u200e", ",", " override", " \u202e", "desrever", "\u202c", ",", " zero",
    " width", " \u200b\u2060\ufeff", ",", " line", " separator", " \u2028", ",", " not", " a",
    " character", " \uffff", ",", " carriage", " return", " \r", "\n", "and", " the", " words", " data: ",
    "and", " [DONE]", " and", " event: error", "\n\n", "inside", " the", " text", ".",
)  # fmt: skip
"""Pieces that have broken readers of streams."""


def find(prompt: str) -> Entry:
    """The entry for a prompt; a plain word about the simulator when there is none."""
    for entry in ENTRIES:
        if entry.fits(prompt):
            return entry
    prompts = "\n".join(f"- {entry.prompt}" for entry in ENTRIES)
    return Entry("", "", SELF.format(prompts=prompts))
