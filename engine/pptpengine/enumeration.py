"""Enumerations, made at a fraction of what ``enum`` takes to be loaded and to make one.

As with `pptpengine.record`, a call waits for that, and type checkers see the standard library's names. A
member is a class attribute without a leading underscore and with a whole number or ``auto()`` as its value;
there are no aliases.
"""

__all__ = ["Enum", "IntEnum", "auto"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import Enum, IntEnum, auto
else:

    class auto:  # noqa: N801 - the standard library's name
        """The next number, from 1."""

    class _Kind(type):
        def __new__(cls, name, bases, content):
            # Python itself puts numbers into a class's content, too: __firstlineno__ since 3.13.
            own = [key for key in content if not key.startswith("_")]
            values = {key: content[key] for key in own if type(content[key]) in {int, auto}}
            rest = {key: value for key, value in content.items() if key not in values}
            kind = super().__new__(cls, name, bases, rest)
            kind._members = {}
            for number, (key, given) in enumerate(values.items(), start=1):
                value = number if type(given) is auto else given
                member = kind._make(value)
                member.name, member.value = key, value
                kind._members[value] = member
                setattr(kind, key, member)
            return kind

        def __call__(cls, value):
            """The member with this value. Raises ValueError."""
            try:
                return cls._members[value]
            except KeyError:
                raise ValueError(f"{value!r} is not a valid {cls.__name__}") from None

        def __iter__(cls):
            return iter(cls._members.values())

        def __len__(cls):
            return len(cls._members)

        def __contains__(cls, member):
            return any(each is member for each in cls)

    class Enum(metaclass=_Kind):
        """Members that are equal to nothing but themselves."""

        @classmethod
        def _make(cls, _value):
            return object.__new__(cls)

        def __repr__(self):
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __reduce__(self):
            return type(self), (self.value,)

    class IntEnum(int, Enum):
        """Members that are whole numbers."""

        __repr__ = Enum.__repr__
        __str__ = int.__repr__

        @classmethod
        def _make(cls, value):
            return int.__new__(cls, value)
