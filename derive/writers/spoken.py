"""The words of formulas: what a sign or a command is called in English. Facts only; `speech` puts them together."""

from __future__ import annotations

RELATIONS = {
    **{"=": "equals", "<": "is less than", ">": "is greater than", r"\approx": "approximately equals"},
    **dict.fromkeys((r"\le", r"\leq", r"\leqslant"), "is less than or equal to"),
    **dict.fromkeys((r"\ge", r"\geq", r"\geqslant"), "is greater than or equal to"),
    **dict.fromkeys((r"\ne", r"\neq"), "is not equal to"),
    **{
        r"\equiv": "is equivalent to",
        r"\sim": "is distributed as",
        r"\simeq": "is similar to",
        r"\ll": "is much less than",
    },
    **{r"\gg": "is much greater than", r"\propto": "is proportional to", r"\in": "is in", r"\notin": "is not in"},
    **{r"\subset": "is a subset of", r"\subseteq": "is a subset of or equal to", r"\perp": "is perpendicular to"},
    **dict.fromkeys((":=", r"\coloneqq"), "is defined as"),
    **dict.fromkeys((r"\to", r"\rightarrow", r"\longrightarrow"), "to"),
    **dict.fromkeys((r"\gets", r"\leftarrow"), "becomes"),
    **dict.fromkeys((r"\Rightarrow", r"\implies", r"\Longrightarrow"), "implies"),
    **dict.fromkeys((r"\Leftrightarrow", r"\iff"), "if and only if"),
    **{r"\mapsto": "maps to", r"\mid": "given", r"\Leftarrow": "is implied by"},
}
OPERATORS = {
    **{
        "+": "plus",
        "-": "minus",
        "\u2212": "minus",
        "*": "times",
        r"\ast": "times",
        r"\cdot": "times",
        r"\times": "times",
    },
    **{r"\pm": "plus or minus", r"\mp": "minus or plus", r"\odot": "element-wise times", r"\otimes": "tensor product"},
    **{r"\oplus": "direct sum", r"\circ": "composed with", "/": "divided by", r"\div": "divided by", r"\cup": "union"},
    **{
        r"\cap": "intersection",
        r"\setminus": "without",
        r"\wedge": "and",
        r"\land": "and",
        r"\vee": "or",
        r"\lor": "or",
    },
    **{r"\star": "star", r"\bullet": "bullet"},
}
# What stands for the signs + and - where nothing stands before them.
LEADING = {"plus": "positive", "minus": "negative"}
MARKS = {",": "comma", ";": "semicolon", ":": "colon", r"\colon": "colon", "!": "factorial", "?": "question mark"}
MARKS |= dict.fromkeys((r"\dots", r"\ldots", r"\cdots", r"\vdots", r"\ddots", "\u2026"), "and so on")
MARKS |= {r"\Vert": "double bar", ")": "close paren", "]": "close bracket"}
MARKS |= {r"\}": "close brace", r"\middle": "", ".": "", "&": "", r"\|": "double bar", r"\rangle": "close angle"}
SYMBOLS = {
    **{
        r"\infty": "infinity",
        r"\varepsilon": "epsilon",
        r"\epsilon": "epsilon",
        r"\varphi": "phi",
        r"\vartheta": "theta",
    },
    **{r"\varrho": "rho", r"\varsigma": "sigma", r"\top": "transpose", r"\ell": "l", r"\emptyset": "the empty set"},
    **{r"\forall": "for all", r"\exists": "there exists", r"\neg": "not", r"\%": "percent", r"\#": "number sign"},
    **{r"\&": "and", r"\$": "dollar", r"\_": "underscore", r"\varnothing": "the empty set", r"\dagger": "dagger"},
    **{r"\imath": "i", r"\jmath": "j", r"\hbar": "h bar", r"\Re": "real part", r"\Im": "imaginary part"},
}
# Operators that stand before what they work on, whose name a product sign never follows.
PREFIXES = {r"\partial": "partial", r"\nabla": "nabla", r"\delta": "delta", r"\Delta": "Delta"}
FUNCTIONS = {name: name[1:] for name in (r"\exp", r"\det", r"\dim", r"\ker", r"\Pr", r"\deg", r"\log")}
FUNCTIONS |= {r"\ln": "natural log", r"\sin": "sine", r"\cos": "cosine", r"\tan": "tangent", r"\cot": "cotangent"}
FUNCTIONS |= {r"\sinh": "hyperbolic sine", r"\cosh": "hyperbolic cosine", r"\tanh": "hyperbolic tangent"}
FUNCTIONS |= {r"\arcsin": "arc sine", r"\arccos": "arc cosine", r"\arctan": "arc tangent"}
# The same, but a script below them says over what they go.
EXTREMES = {r"\max": "maximum", r"\min": "minimum", r"\sup": "supremum", r"\inf": "infimum", r"\lim": "limit"}
EXTREMES |= {r"\arg": "argument", r"\argmax": "arg max", r"\argmin": "arg min"}
LARGE = {r"\sum": "sum", r"\prod": "product", r"\int": "integral", r"\bigcup": "union", r"\bigcap": "intersection"}
LARGE |= {
    r"\bigoplus": "direct sum",
    r"\iint": "double integral",
    r"\oint": "contour integral",
    r"\coprod": "coproduct",
}
BRACKETS = {
    **{"(": ("paren", ")"), "[": ("bracket", "]"), r"\{": ("brace", r"\}"), r"\langle": ("angle", r"\rangle")},
    **{r"\lbrace": ("brace", r"\rbrace"), r"\lfloor": ("floor", r"\rfloor"), r"\lceil": ("ceiling", r"\rceil")},
    **{r"\lvert": ("absolute value", r"\rvert"), r"\lVert": ("norm", r"\rVert"), r"\|": ("norm", r"\|")},
    **{"|": ("absolute value", "|"), r"\vert": ("absolute value", r"\vert"), r"\Vert": ("norm", r"\Vert")},
}
# Accents follow the letter, alphabets come before it.
ACCENTS = {
    rf"\{name}": name for name in ("hat", "bar", "tilde", "dot", "check", "breve", "acute", "grave", "underline")
}
ACCENTS |= {r"\widehat": "hat", r"\widetilde": "tilde", r"\overline": "bar", r"\ddot": "double dot", r"\vec": "vector"}
ALPHABETS = {r"\mathcal": "script", r"\mathscr": "script", r"\mathfrak": "fraktur", r"\mathbb": "double-struck"}
ALPHABETS |= dict.fromkeys((r"\mathbf", r"\boldsymbol", r"\bm", r"\pmb", r"\bold", r"\symbf"), "bold")
FAMILIAR = {"double-struck R": "the real numbers", "double-struck N": "the natural numbers"}
FAMILIAR |= {
    "double-struck Z": "the integers",
    "double-struck 1": "the indicator of",
    "double-struck E": "the expectation",
}
ROUND = {r"\boxed": "boxed", r"\cancel": "cancelled", r"\bcancel": "cancelled", r"\xcancel": "cancelled"}
ROUND |= {r"\underbrace": "underbraced", r"\overbrace": "overbraced"}
STACKED = {r"\overset": "above", r"\underset": "below", r"\stackrel": "above"}
FRACTIONS = {r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"}
# Their argument is text, not mathematics.
TEXTS = {r"\text", r"\mathrm", r"\mathit", r"\mathsf", r"\mathtt", r"\operatorname", r"\mbox", r"\rm"}
PROSE = {
    "if",
    "and",
    "or",
    "for",
    "where",
    "with",
    "otherwise",
    "else",
    "when",
    "is",
    "in",
    "all",
    "then",
    "so",
    "such",
}
SILENT = {r"\limits", r"\nolimits", r"\displaystyle", r"\textstyle", r"\scriptstyle", r"\nonumber", r"\notag", "$"}
SILENT |= {
    r"\,",
    r"\:",
    r"\;",
    r"\!",
    r"\ ",
    r"\quad",
    r"\qquad",
    "~",
    r"\enspace",
    r"\thinspace",
    r"\hfill",
    r"\mathstrut",
}
SILENT |= {rf"\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")}
POWERS = {"2": "squared", "3": "cubed", "transpose": "transpose", "times": "star", "prime": "prime", "star": "star"}
POWERS |= {"composed with": "degrees", "dagger": "dagger", "plus": "plus", "minus": "minus"}
HALVES = {"2": "half", "3": "third", "4": "quarter"}
ORDERS = {"squared": "second ", "cubed": "third "}
MATRICES = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array", "vmatrix", "Vmatrix"}
