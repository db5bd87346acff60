"""Accounts and what they own. See tests/syntax.rs for what the marks mean."""

from __future__ import annotations  #: import __future__ annotations

import os.path as path, json  #: import os.path * as path | import json
from decimal import Decimal as D, ROUND_UP  #: import decimal Decimal as D, ROUND_UP
from .base import (  #: import .base Model, fields
    Model,
    fields,
)

# Names that nobody may take.
RESERVED = {"root", "admin"}  #: variable RESERVED pub doc="Names that nobody"
_cache: dict[str, "Account"] = {}  #: variable _cache
Point = namedtuple("Point", ["x_axis", "y_axis"])  #: class Point pub | attribute x_axis pub in=Point | attribute y_axis pub in=Point
Size = namedtuple("Size", "wide, tall")  #: class Size pub | attribute wide pub in=Size | attribute tall pub in=Size
Color = enum.Enum("Color", "RED GREEN")  #: class Color pub | attribute RED pub in=Color | attribute GREEN pub in=Color
Line = typing.NamedTuple("Line", [("start", Point), ("end", Point)])  #: class Line pub | attribute start pub in=Line | attribute end pub in=Line
Row = TypedDict("Row", {"width": int})  #: class Row pub | attribute width pub in=Row
first, second = 1, 2  #: variable first pub | variable second pub
try:
    import ujson  #: import ujson
    FAST = True  #: variable FAST pub
except ImportError:
    FAST = False  #: variable FAST pub


class Account(Model, Generic[T], metaclass=Meta):  #: class Account pub bases=Model,Generic doc="Somebody who pays" to=+38
    """Somebody who pays."""

    name = fields.Text(max_length=80)  #: attribute name pub in=Account
    # In cents.
    balance: int = 0  #: attribute balance pub in=Account doc="In cents."
    owner: "Account | None"  #: attribute owner pub in=Account

    class Options:  #: class Options pub in=Account
        ordering = ["name"]  #: attribute ordering pub in=Options
        (low, high) = 1, 2  #: attribute low pub in=Options | attribute high pub in=Options

    def __init__(self, name: str, *, limit: D = D(0)) -> None:  #: method __init__ in=Account
        self.name = name
        self.limit = limit  #: attribute limit pub in=Account
        self._log: list[str] = []  #: attribute _log in=Account
        self.first, self._last = name.split()  #: attribute first pub in=Account | attribute _last in=Account
        (self.one, self.two) = name  #: attribute one pub in=Account | attribute two pub in=Account
        local = name.strip()
        #              ^ expression in Account > __init__ block=-5..+1

    @property
    def overdrawn(self) -> bool:  #: method overdrawn pub in=Account doc="Whether more was spent"
        """Whether more was spent
        than there was."""
        return self.balance < -self.limit

    @staticmethod
    async def load(key):  #: method load pub in=Account
        # Deliberately slow.
        #      ^ comment in Account > load
        def decode(text):  #: function decode pub in=load
            return json.loads(f"{text!r} and {key}")
            #                             ^ string expression in Account > load > decode
        return decode(await path.join(key))

    def pay(self, amount: D) -> None:  #: method pay pub in=Account
        pass
        # ^ in Account > pay empty


@dataclass(frozen=True)
class Payment(Account):  #: class Payment pub bases=Account
    amount: D = D(1)  #: attribute amount pub in=Payment


def transfer(source: Account, target: Account, amount: D) -> Payment:  #: function transfer pub doc="Moves money."
    """Moves money."""
    if amount <= 0 or source.name in RESERVED:
        raise ValueError("nothing to move")
        #                   ^ string expression in transfer
    for account in (source, target):
        account.pay(amount)
    return Payment(source.name)


def later():  #: function later pub
    raise NotImplementedError
    #     ^ expression in later empty


type Pair = tuple[Account, Account]  #: type Pair pub

if __name__ == "__main__":
    result = transfer(Account("a"), Account("b"), D(3))  #: variable result pub
#: uses Account=8 transfer=2 RESERVED=2 limit=4 pay=2
