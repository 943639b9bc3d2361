"""Small classes of named fields, made at a fifth of what ``dataclasses`` takes.

A call waits for its processes to start. The standard library compiles up to eight functions for each class
and imports ``inspect`` for it: half of what the engine loads. Here one function is compiled, ``__init__``,
so that signatures are true, and only for a class that many objects are made of; the others are shared. Type
checkers see the standard library's names. What its functions (``fields`` and the like) ask a class for is
made when they ask.
"""

__all__ = ["asdict", "dataclass", "defaults", "field", "is_record", "replace"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import asdict, dataclass, field, replace

    def defaults(kind: type) -> dict[str, bool]: ...
    def is_record(value: object) -> bool: ...
else:
    _MISSING = object()

    class _Factory:
        __slots__ = ("make",)

        def __init__(self, make):
            self.make = make

    class _Field:
        __slots__ = ("compare", "default", "repr")

        def __init__(self, default, repr_, compare):
            self.default, self.repr, self.compare = default, repr_, compare

    def field(*, default=_MISSING, default_factory=None, repr=True, compare=True):  # noqa: A002
        """A default made anew for each object; a field that is not shown or not compared."""
        given = default if default_factory is None else _Factory(default_factory)
        return _Field(given, repr, compare)

    def replace(record, /, **changes):
        """A copy of *record* with other values in some of its fields."""
        for name in record.__record__:
            changes.setdefault(name, getattr(record, name))
        return type(record)(**changes)

    def asdict(record):
        """The fields by name; values are not copied."""
        return {name: getattr(record, name) for name in record.__record__}

    class _StandardFields:
        """What functions of ``dataclasses`` look at, made when they do."""

        def __get__(self, _record, cls):
            import dataclasses

            columns = [
                (name, cls.__init__.__annotations__[name], self._default(dataclasses.field, default))
                for name, default in cls.__record__.items()
            ]
            made = dataclasses.make_dataclass(cls.__name__, columns, kw_only=True)
            return made.__dataclass_fields__

        def _default(self, standard, default):
            if isinstance(default, _Factory):
                return standard(default_factory=default.make)
            return standard() if default is _MISSING else standard(default=default)

    def _repr(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__shown__)
        return f"{type(self).__qualname__}({values})"

    def _compared(self):
        return [getattr(self, name) for name in self.__compared__]

    def _eq(self, other):
        if type(self) is not type(other):
            return NotImplemented
        return self is other or _compared(self) == _compared(other)

    def _hash(self):
        return hash(tuple(_compared(self)))

    def _setattr(_self, name, _value):
        raise _frozen(f"cannot assign to field {name!r}")

    def _delattr(_self, name):
        raise _frozen(f"cannot delete field {name!r}")

    def _frozen(text):
        from dataclasses import FrozenInstanceError

        return FrozenInstanceError(text)

    def _reduce(self):
        return _rebuilt, (type(self), [getattr(self, name) for name in self.__record__])

    def _rebuilt(cls, values):
        return cls(**dict(zip(cls.__record__, values, strict=True)))

    class _Init:
        """A class's ``__init__``, compiled when it is looked at or has been called a few times.

        Compiling takes as long as filling twenty objects without it, and most classes have fewer in a run.
        """

        FEW = 8

        def __init__(self, frozen, kw_only):
            self._frozen = frozen
            self._kw_only = kw_only
            self._calls = 0

        def __set_name__(self, owner, _name):
            self._owner = owner

        def __get__(self, record, cls):
            self._calls += 1
            # inspect.signature() of Python 3.13 looks with the class itself in the place of a record.
            if isinstance(record, self._owner) and self._calls <= self.FEW:
                return lambda *values, **given: self._fill(record, values, given)
            return self._compiled().__get__(record, cls)

        def _compiled(self):
            owner = self._owner
            owner.__init__ = made = _compiled(owner, frozen=self._frozen, kw_only=self._kw_only)
            return made

        def _fill(self, record, values, given):
            fields = self._owner.__record__
            found = dict(zip(fields, values)) | given  # noqa: B905  too many are found below
            whole = fields | found
            strange = len(found) != len(values) + len(given) or len(whole) != len(fields)
            if strange or (values and self._kw_only) or any(each is _MISSING for each in whole.values()):
                return self._compiled()(record, *values, **given)  # says what is wrong with the call
            for name, value in whole.items():
                made = value.make() if isinstance(value, _Factory) and name not in found else value
                object.__setattr__(record, name, made)
            if hasattr(record, "__post_init__"):
                record.__post_init__()
            return None

    def _compiled(cls, *, frozen, kw_only):
        """The one function that has names of its own."""
        scope = {"_MISSING": _MISSING}
        parameters = []
        lines = []
        for at, (name, default) in enumerate(cls.__record__.items()):
            value = name
            if default is _MISSING:
                parameters.append(name)
            else:
                scope[f"_d{at}"] = default.make if isinstance(default, _Factory) else default
                if isinstance(default, _Factory):
                    parameters.append(f"{name}=_MISSING")
                    value = f"_d{at}() if {name} is _MISSING else {name}"
                else:
                    parameters.append(f"{name}=_d{at}")
            if frozen:
                # The slot's own way around our __setattr__ takes half the time of object's.
                scope[f"_s{at}"] = getattr(cls, name).__set__
                lines.append(f" _s{at}(self, {value})")
            else:
                lines.append(f" self.{name} = {value}")
        if hasattr(cls, "__post_init__"):
            lines.append(" self.__post_init__()")
        star = ", *" if kw_only and parameters else ""
        head = f"def __init__(self{star}{''.join(', ' + each for each in parameters)}):\n"
        exec(head + "\n".join(lines or [" pass"]), scope)  # noqa: S102 - names of fields of this package
        made = scope["__init__"]
        made.__annotations__ = _kinds(cls) | {"return": None}
        made.__qualname__, made.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
        return made

    def _kinds(cls):
        """The annotations of the fields."""
        found = {}
        for base in reversed(cls.__mro__):
            found |= base.__dict__.get("__kinds__", {})
        return found

    def _left_out(cls, which, inherited, own):
        """The fields that are not in the tuple *which*: *own* ones, and those that a base leaves out."""
        return own | {name for name in inherited if name not in getattr(cls, which)}

    def dataclass(cls=None, /, *, frozen=False, slots=False, kw_only=False, eq=True):
        """As ``dataclasses.dataclass``, as far as the engine uses it; always with slots."""
        if cls is None:
            return lambda cls: dataclass(cls, frozen=frozen, slots=slots, kw_only=kw_only, eq=eq)
        inherited = {}
        for base in reversed(cls.__mro__[1:]):
            inherited |= base.__dict__.get("__record__", {})
        own = {name: kind for name, kind in cls.__annotations__.items() if "ClassVar" not in str(kind)}
        content = dict(cls.__dict__)
        given = {name: content.pop(name, _MISSING) for name in own}
        odd = {name: value for name, value in given.items() if isinstance(value, _Field)}
        names = inherited | given | {name: value.default for name, value in odd.items()}
        hidden = _left_out(cls, "__shown__", inherited, {name for name in odd if not odd[name].repr})
        loose = _left_out(cls, "__compared__", inherited, {name for name in odd if not odd[name].compare})
        for name in ("__dict__", "__weakref__"):
            content.pop(name, None)
        content["__slots__"] = tuple(name for name in own if name not in inherited)
        content["__record__"], content["__kinds__"] = names, own
        content["__shown__"] = tuple(name for name in names if name not in hidden)
        content["__compared__"] = tuple(name for name in names if name not in loose)
        content["__match_args__"] = () if kw_only else tuple(names)
        content["__dataclass_fields__"] = _StandardFields()
        content["__init__"] = _Init(frozen, kw_only)
        content.setdefault("__repr__", _repr)
        content.setdefault("__reduce__", _reduce)
        if eq:
            content.setdefault("__eq__", _eq)
            content["__hash__"] = _hash if frozen else None
        if frozen:
            content["__setattr__"], content["__delattr__"] = _setattr, _delattr
        new = type(cls)(cls.__name__, cls.__bases__, content)
        new.__qualname__ = cls.__qualname__
        return new

    def defaults(kind):
        """The fields of the record *kind* by name, and whether each has a default."""
        return {name: default is not _MISSING for name, default in kind.__record__.items()}

    def is_record(value):
        """Whether *value* is a record, or a class of them."""
        return hasattr(value, "__record__")
