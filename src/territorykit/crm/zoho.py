"""Zoho CRM's territory management: accounts in, bodies of requests out, and the files as a plan again.

Nothing here talks to Zoho. Exports are read, and the JSON is made that its interface takes. Rules come from
`territorykit.crm.rules`.

Examples
--------
>>> import pandas as pd
>>> import territorykit as tk
>>> table = pd.DataFrame({"Record Id": ["zcrm_4150868000004318009"], "Billing City": ["Chennai"]})
>>> accounts = tk.crm.zoho.read_accounts(table)
>>> accounts.loc["4150868000004318009", "Billing_City"]
'Chennai'

References
----------
.. [1] Zoho, *CRM API v8*, https://www.zoho.com/crm/developer/docs/api/v8/
.. [2] Zoho, *CRM OpenAPI specification*, v8.0, https://github.com/zoho/crm-oas
"""

from territorykit.crm.zoho_accounts import read_accounts
from territorykit.crm.zoho_bodies import parent_territories, territories
from territorykit.crm.zoho_criteria import criteria
from territorykit.crm.zoho_files import read_plan, write
from territorykit.crm.zoho_records import assignments, removals
from territorykit.crm.zoho_territories import account_territories, territory_ids

__all__ = [
    "account_territories",
    "assignments",
    "criteria",
    "parent_territories",
    "read_accounts",
    "read_plan",
    "removals",
    "territories",
    "territory_ids",
    "write",
]
