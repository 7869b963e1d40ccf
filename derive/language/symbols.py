"""What the commands and letters of the paper language stand for, as tables."""

from __future__ import annotations

from derive.ops import SPELLINGS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SPELLED = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi "
    "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
_GREEK = _SPELLED.split()

# Command -> id. The two shapes of a Greek letter are one letter.
LETTERS = {name: name for name in _GREEK} | {
    "varepsilon": "epsilon",
    "vartheta": "theta",
    "varphi": "phi",
    "varrho": "rho",
    "varsigma": "sigma",
    "varpi": "pi",
    "ell": "ell",
    "infty": "infty",
}
GREEK = frozenset(_GREEK)

ACCENTS = {
    "hat": "hat",
    "widehat": "hat",
    "bar": "bar",
    "overline": "bar",
    "tilde": "tilde",
    "widetilde": "tilde",
    "dot": "dot",
    "ddot": "ddot",
    "check": "check",
}

# Read through: they change the look only.
STYLES = _words(
    "mathbf boldsymbol bm pmb mathcal mathbb mathds mathscr mathfrak mathrm mathit mathsf mathtt mathnormal vec "
    "underline boxed text textrm textit textbf textsf texttt textnormal mbox operatorname"
)

# Commands whose argument is words, if it is words.
WORDS = _words(
    "text textrm textit textbf textsf texttt textnormal mbox operatorname operatorname* mathrm mathit mathtt"
)

IGNORED = _words(
    "quad qquad displaystyle textstyle scriptstyle limits nolimits nonumber notag hline rm bf it cal sf tt middle "
    "big Big bigg Bigg bigm Bigm biggm Biggm thinspace medspace thickspace enspace allowbreak nobreak noindent"
)
LEFT = _words("left bigl Bigl biggl Biggl")
RIGHT = _words("right bigr Bigr biggr Biggr")

# Brackets that are a function of what is in them.
ROUNDING = {"lfloor": "floor", "rfloor": "", "lceil": "ceil", "rceil": ""}
# Known, and not read: what is said instead of a similar command.
NOT_READ = {
    "int": "integrals are not read",
    "iint": "integrals are not read",
    "oint": "integrals are not read",
    "lim": "limits are not read",
    "limsup": "limits are not read",
    "liminf": "limits are not read",
    "binom": "binomial coefficients are not read",
    "dbinom": "binomial coefficients are not read",
    "tbinom": "binomial coefficients are not read",
    "choose": "binomial coefficients are not read",
    "pm": "two values at once are not read",
    "mp": "two values at once are not read",
    "over": "write \\frac{a}{b} for a \\over b",
    "atop": "one thing on top of another is not read",
    "bigcup": "sets are not read",
    "bigcap": "sets are not read",
    "cup": "sets are not read",
    "cap": "sets are not read",
    "forall": "a formula is read, not a statement of logic",
    "exists": "a formula is read, not a statement of logic",
}

# Dropped with their argument: they hold no mathematics.
ANNOTATIONS = _words("label tag hspace vspace phantom hphantom vphantom color")
# Their first argument is a note, their second one is read.
NOTED = _words("overset underset stackrel textcolor")

RELATIONS = {
    "=": "=",
    "==": "=",
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
    "!=": "!=",
    "->": "->",
    "<-": "<-",
    "=>": "=>",
    ":": ":",
    ":=": ":=",
    "~": "~",
    "eq": "=",
    "equiv": "=",
    "ne": "!=",
    "neq": "!=",
    "lt": "<",
    "gt": ">",
    "le": "<=",
    "leq": "<=",
    "leqslant": "<=",
    "ge": ">=",
    "geq": ">=",
    "geqslant": ">=",
    "approx": "~",
    "simeq": "~",
    "cong": "~",
    "sim": "sim",
    "to": "->",
    "rightarrow": "->",
    "longrightarrow": "->",
    "mapsto": "->",
    "leftarrow": "<-",
    "longleftarrow": "<-",
    "gets": "<-",
    "Rightarrow": "=>",
    "Longrightarrow": "=>",
    "implies": "=>",
    "iff": "<=>",
    "Leftrightarrow": "<=>",
    "in": "in",
    "colon": ":",
    "coloneqq": ":=",
    "coloneq": ":=",
    "triangleq": ":=",
    "eqqcolon": "=",
    "doteq": "=",
    "leqq": "<=",
    "geqq": ">=",
    "approxeq": "~",
    "eqsim": "~",
    "propto": "propto",
    "ll": "<<",
    "gg": ">>",
    "asymp": "~",
    "notin": "not in",
}

OPERATORS = {
    "cdot": "*",
    "times": "*",
    "ast": "*",
    "div": "/",
    "odot": "odot",
    "circ": "circ",
    "otimes": "otimes",
    "oslash": "./",
    "lbrace": "\\{",
    "rbrace": "\\}",
    "lbrack": "[",
    "rbrack": "]",
    "vert": "|",
    "lvert": "|<",
    "rvert": "|>",
    "Vert": "||",
    "lVert": "||<",
    "rVert": "||>",
    "prime": "'",
    "dots": "...",
    "cdots": "...",
    "ldots": "...",
    "vdots": "...",
    "ddots": "...",
    "dotsc": "...",
    "dotsb": "...",
    ".*": "odot",
}

FUNCTIONS = _words(
    "exp log ln lg sqrt sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan artanh atan abs sign sgn "
    "sigmoid logistic softplus softsign softmax softmin relu ReLU Relu LeakyReLU leakyrelu leaky_relu elu ELU selu "
    "SELU gelu GELU silu SiLU swish Swish mish hardtanh max min argmax argmin floor ceil round tr trace Tr det "
    "logdet inv rank diag diagvec vec norm norm1 kron ones zeros eye comm toep sum mean var Var Cov std logsumexp "
    "rowsoftmax colsoftmax huber clip step heaviside erf"
) | frozenset(name for name in SPELLINGS if len(name) > 1 and name != "sigma")
# A symbol of these letters before "(" is a function where nothing says otherwise.
CALLED = _words("f g h u J L E N sigma")

MATRICES = _words("matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix array")
CASES = _words("cases dcases rcases")

_STRUCTURE = _words(
    "frac dfrac tfrac cfrac sqrt partial nabla sum prod begin end top intercal star dagger underbrace overbrace"
)
COMMANDS = (
    frozenset(LETTERS)
    | frozenset(ACCENTS)
    | STYLES
    | WORDS
    | IGNORED
    | LEFT
    | RIGHT
    | ANNOTATIONS
    | NOTED
    | frozenset(ROUNDING)
    | frozenset(word for word in (*RELATIONS, *OPERATORS) if word.isalpha())
    | FUNCTIONS
    | _STRUCTURE
)

UNICODE = {
    "·": "cdot",
    "⋅": "cdot",
    "∙": "cdot",
    "×": "times",
    "∗": "ast",
    "÷": "div",
    "⊙": "odot",
    "∘": "circ",
    "⊗": "otimes",
    "⊘": "oslash",
    "≤": "le",
    "⩽": "le",
    "≥": "ge",
    "⩾": "ge",
    "≠": "ne",
    "≈": "approx",
    "≃": "approx",
    "∼": "sim",
    "≡": "equiv",
    "≜": "triangleq",
    "→": "to",
    "⟶": "to",
    "↦": "mapsto",
    "←": "gets",
    "⇒": "Rightarrow",
    "⟹": "Rightarrow",
    "⇔": "iff",
    "∈": "in",
    "∝": "propto",
    "∂": "partial",
    "∇": "nabla",
    "∑": "sum",
    "∏": "prod",
    "√": "sqrt",
    "∞": "infty",
    "…": "dots",
    "⋯": "dots",
    "⋮": "dots",
    "⋱": "dots",
    "⊤": "top",
    "†": "dagger",
    "ℓ": "ell",
    "‖": "Vert",
    "∥": "Vert",
    "′": "prime",
    "’": "prime",
} | dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩϵϑϕϱς",
        [*_GREEK, "epsilon", "theta", "phi", "rho", "sigma"],
        strict=True,
    )
)
SIGNS = {"−": "-", "–": "-", "‐": "-", "∕": "/", "⁄": "/", "∣": "|", "＝": "=", "：": ":"}
MARKS = {"\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde", "\u0307": "dot", "\u0308": "ddot"}
RAISED = {
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾", "0123456789+-()", strict=True)),
    **dict(zip("ᵀⁿⁱᵗᵏ", "Tnitk", strict=True)),
}
LOWERED = {
    **dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎", "0123456789+-()", strict=True)),
    **dict(zip("ᵢⱼₖₗₘₙₜₓₕₛₚ", "ijklmntxhsp", strict=True)),
}
