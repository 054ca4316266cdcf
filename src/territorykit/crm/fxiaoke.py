"""Fxiaoke (纷享销客): accounts in, changes of owners out, and these as a plan again.

Nothing here talks to a network. What a query returned is read, and bodies of calls are written to files:
changes start approvals and workflows in a tenant, so that people send them, not a library.

Examples
--------
>>> import territorykit as tk
>>> rows = [{"_id": "5a99", "owner": ["1000"], "location": "121.4737#%$31.2304"}]
>>> tk.crm.fxiaoke.read_accounts(rows, crs="wgs84").index.tolist()
['5a99']
"""

from territorykit.crm.fxiaoke_accounts import read_accounts
from territorykit.crm.fxiaoke_files import read_owner_changes, write_owner_changes
from territorykit.crm.fxiaoke_owners import OwnerChange, OwnerChanges, owner_changes

__all__ = [
    "OwnerChange",
    "OwnerChanges",
    "owner_changes",
    "read_accounts",
    "read_owner_changes",
    "write_owner_changes",
]
