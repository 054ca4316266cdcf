"""Customer relationship management: account files in, territory files out. Nothing here talks to a network.

Examples
--------
>>> import territorykit as tk
>>> sorted(tk.crm.SYSTEMS)
['fxiaoke', 'salesforce', 'zoho']
"""

from importlib import import_module
from types import ModuleType

SYSTEMS = ("fxiaoke", "salesforce", "zoho")
"""The systems whose files are known; each is a module of this package, loaded when it is first used."""


def __getattr__(name: str) -> ModuleType:
    if name in SYSTEMS:
        return import_module(f"{__name__}.{name}")
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted({*globals(), *SYSTEMS})
