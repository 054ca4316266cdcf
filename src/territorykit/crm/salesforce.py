"""Salesforce's sales territories (Territory2): accounts in, load files out, and the files as a plan again.

Nothing here talks to an org. Exports are read, and files are written that Data Loader and the like take.

Examples
--------
>>> import territorykit as tk
>>> tk.crm.salesforce.full_id("001M000000qfPyS")
'001M000000qfPySIAU'
"""

from territorykit.crm.salesforce_accounts import read_accounts
from territorykit.crm.salesforce_changes import Left, Place
from territorykit.crm.salesforce_folder import Load, Step, fill_ids, read_load
from territorykit.crm.salesforce_ids import full_id
from territorykit.crm.salesforce_load import read_territories, write_territories
from territorykit.crm.salesforce_names import developer_name
from territorykit.crm.salesforce_org import Association, Org, Territory, TerritoryModel, UserAssociation, read_org
from territorykit.crm.salesforce_rules import AssignmentRules

__all__ = [
    "AssignmentRules",
    "Association",
    "Left",
    "Load",
    "Org",
    "Place",
    "Step",
    "Territory",
    "TerritoryModel",
    "UserAssociation",
    "developer_name",
    "fill_ids",
    "full_id",
    "read_accounts",
    "read_load",
    "read_org",
    "read_territories",
    "write_territories",
]
