"""The notes' formulas without LaTeX: signs that can be read as they stand."""

from __future__ import annotations

import re

_SIGNS = {
    r"\text{floor}": "floor", r"\rightarrow": "→", r"\times": "×", r"\alpha": "α", r"\beta": "β", r"\min": "min",
    r"\max": "max", r"\left": "", r"\right": "", "$": "",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain_mathematics(text: str) -> str:
    r"""A quotation whose formulas are LaTeX, with plain signs in their place.

    >>> plain_mathematics(r"$\text{floor}((I - F)/S + 1)$")
    'floor((I − F)/S + 1)'
    >>> plain_mathematics(r"j_{bw} = \max(0, i - \frac{r}{2})"), plain_mathematics("$i * s_h$ 에서")
    ('j_bw = max(0, i − r/2)', 'i·s_h 에서')
    >>> plain_mathematics(r"\sum_{u=0}^{f_h-1} x_{i',j'} \times a_j^2")
    "Σ(u = 0…f_h − 1) x[i',j'] × a_j²"
    >>> plain_mathematics(r"9 * 9 \rightarrow \sum_{j=j_{bw}}^{j_{high}} \right)^{-\beta}")
    '9×9 → Σ(j = j_bw…j_high))^(−β)'
    """
    if "\\" not in text and "$" not in text:
        return text
    for latex, sign in _SIGNS.items():
        text = text.replace(latex, sign)
    text = re.sub(r"(?<=\d) \* (?=\d)", "×", text).replace(" * ", "·")
    text = re.sub(r"_\{([a-z]+)\}", r"_\1", text)
    text = re.sub(r"\\sum_\{([^{}]*)=([^{}]*)\}\^\{([^{}]*)\}", r"Σ(\1 = \2…\3)", text)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", text)
    text = re.sub(r"_\{([^{}]*)\}", r"[\1]", text)  # several indices
    text = re.sub(r"\^\{([^{}]*)\}", r"^(\1)", text)
    text = re.sub(r"\^(\d)", lambda power: power[1].translate(_SUPERSCRIPTS), text)
    text = re.sub(r"[{}]", "", text)
    text = re.sub(r" ?(?<=[\w' ])-(?=[ \d]) ?", " − ", text).replace("(-", "(−").replace(" )", ")")
    return re.sub(r"  +", " ", text).strip()


def plain_text(markdown: str) -> str:
    """A text of the ledger without marks: links are their words, powers of ten have raised digits.

    >>> plain_text("In `lenet5` 10<sup>-4</sup>, see [far fewer](#two-3x3-far-fewer)")
    'In lenet5 10⁻⁴, see far fewer'
    """
    text = re.sub(r"\[([^\[\]]*)\]\([^()]*\)", r"\1", markdown)
    text = re.sub(r"<sup>([-\d]+)</sup>", lambda power: power[1].translate(_SUPERSCRIPTS), text)
    return re.sub(r"[`*]", "", text)
