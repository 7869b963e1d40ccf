"""Words in the place of names, as in `updated_weights = weights - step_size * gradient`."""

from __future__ import annotations

from collections.abc import Callable

from derive.check.subject import Subject
from derive.language import surface as s
from derive.language.unfold import rebuilt
from derive.language.walk import walk

_PARAMETER = ("weight", "weights", "parameter", "parameters", "old_weight", "old_weights", "current_weights")
_NEW = ("updated_weight", "updated_weights", "new_weight", "new_weights", "weights_new", "weight_new")
_GRADIENT = ("gradient", "grad", "gradients")
_RATE = ("step_size", "stepsize", "learning_rate", "learningrate", "lr")


def meant(tree: s.Tree, subject: Subject) -> s.Tree:
    """Return a tree with names for words, where the exercise has a single parameter that these can be about."""
    words = {n.id for n in walk(tree) if isinstance(n, s.Name) and n.id.lower() in _MEANINGS}
    if not words or any(subject.plain(id) is not None for id in words):
        return tree
    parameters = [name for name in subject.network.parameters if name in subject.network.wrt]
    if len(parameters) != 1 or subject.network.update is None:
        return tree
    ids = {plain: id for id, plain in subject.network.plain.items()}
    parameter, loss = ids[parameters[0]], ids[subject.loss]

    def put(part: s.Tree) -> s.Tree:
        if not isinstance(part, s.Name):
            return rebuilt(part, put)
        made = _MEANINGS.get(part.id.lower())
        return part if made is None else made(part, parameter, loss, subject)

    return put(tree)


def _named(t: s.Name, id: str) -> s.Name:
    base, _, sub = id.partition("^")[0].partition("_")
    return s.Name(t.at, id, base, sub, id.partition("^")[2], t.latex)


def _parameter(t: s.Name, parameter: str, loss: str, subject: Subject) -> s.Tree:
    return _named(t, parameter)


def _new(t: s.Name, parameter: str, loss: str, subject: Subject) -> s.Tree:
    return _named(t, f"{parameter}_new")


def _gradient(t: s.Name, parameter: str, loss: str, subject: Subject) -> s.Tree:
    return s.Partial(t.at, _named(t, loss), (_named(t, parameter),))


def _rate(t: s.Name, parameter: str, loss: str, subject: Subject) -> s.Tree:
    update = subject.network.update
    return t if update is None else _named(t, update.symbol)


_Meaning = Callable[[s.Name, str, str, Subject], s.Tree]
_MEANINGS: dict[str, _Meaning] = {
    **dict.fromkeys(_PARAMETER, _parameter),
    **dict.fromkeys(_NEW, _new),
    **dict.fromkeys(_GRADIENT, _gradient),
    **dict.fromkeys(_RATE, _rate),
}
