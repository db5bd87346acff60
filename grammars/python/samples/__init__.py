"""What this package hands on."""

from .models import Account, Payment as Pay  #: import .models Account, Payment as Pay | reexport Account pub | reexport Pay pub
from .base import *  #: import .base *

__all__ = ["Account", "Pay"]  #: variable __all__
VERSION = (1, 2)  #: variable VERSION pub
