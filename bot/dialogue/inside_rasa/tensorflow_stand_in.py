"""Answers for TensorFlow, which Rasa imports everywhere and our light pipeline never runs.

Leaving it out saves 2 GB and nine seconds of every start. Nothing here computes anything: a class
can be inherited from or named in a type hint, and whoever calls one gets `NEEDS_TENSORFLOW` instead
of a wrong result.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Sequence
from typing import Any

ROOMS = ("tensorflow", "tensorflow_text", "tensorflow_hub", "tensorflow_addons", "keras")

# Rasa 3.6's components that need TensorFlow; a test compares this with Rasa's own source.
COMPONENTS = frozenset(
    {
        "ConveRTFeaturizer",
        "DIETClassifier",
        "LanguageModelFeaturizer",
        "ResponseSelector",
        "TEDPolicy",
        "UnexpecTEDIntentPolicy",
    }
)

NEEDS_TENSORFLOW = (
    "{what} needs TensorFlow, which this engine leaves out: take it out of config.yml, or install "
    "the full engine with `uv pip install --python .venv/engine/bin/python 'rasa==3.6.21'`."
)


class NeedsTensorFlow(Exception):
    """Something was configured or called that only the full engine can do."""

    def __init__(self, what: str) -> None:
        super().__init__(NEEDS_TENSORFLOW.format(what=what))


class _Nothing(type):
    """The class of every name in TensorFlow: any attribute is another empty class, any call is
    refused."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _empty_class(f"{cls.__qualname__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__module__ != __name__:
            raise NeedsTensorFlow(f"Rasa's {cls.__name__}")
        if len(args) == 1 and not kwargs and callable(args[0]):
            return args[0]  # used as a decorator while Rasa's modules load
        if _is_decorator_factory(cls):
            return lambda function: function
        raise NeedsTensorFlow(f"A component that calls {cls.__qualname__}")

    def __or__(cls, other: Any) -> Any:
        return cls

    __ror__ = __or__

    def __getitem__(cls, item: Any) -> Any:
        return cls


def _is_decorator_factory(cls: type) -> bool:
    return cls.__qualname__.endswith((".function", ".register_keras_serializable"))


def _empty_class(name: str) -> Any:
    return _Nothing(name, (), {"__module__": __name__, "__qualname__": name})


class _Module(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _empty_class(f"{self.__name__}.{name}")
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.split(".")[0] not in ROOMS:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = _Module(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        if module.__name__ == "tensorflow":
            module.__version__ = "2.12.0"  # type: ignore[attr-defined]


def install() -> bool:
    """Answer for TensorFlow from now on; returns False, and does nothing, when the real one is
    installed."""
    if importlib.util.find_spec("tensorflow") is not None:
        return isinstance(importlib.util.find_spec("tensorflow").loader, _Finder)  # type: ignore[union-attr]
    sys.meta_path.append(_Finder())
    return True


def refuse_components(config: dict[str, Any]) -> None:
    """Raise NeedsTensorFlow when the configuration names a component that cannot work here."""
    for part in (*(config.get("pipeline") or ()), *(config.get("policies") or ())):
        name = str(part.get("name", "") if isinstance(part, dict) else part).rsplit(".", 1)[-1]
        if name in COMPONENTS:
            raise NeedsTensorFlow(name)
