"""Exports of three CRM systems, made of the real accounts, for the tests by mutation."""

from load import mutations as mu

import territorykit as tk

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def salesforce_id(text):
    """The form of 18 characters: the last three say which of the others are capitals."""
    if len(text) != 15:
        return text
    parts = (text[at : at + 5] for at in (0, 5, 10))
    return text + "".join(LETTERS[sum(1 << i for i, c in enumerate(part) if "A" <= c <= "Z")] for part in parts)


def exported(header, row):
    """The rows of a file with this header; `row` makes one of an account's fields."""
    names, *accounts = mu.real_rows()
    return [header, *(row(dict(zip(names, account, strict=True))) for account in accounts)]


def salesforce():
    rows = exported(
        ["Id", "Name", "BillingLatitude", "BillingLongitude", "BillingCity", "AnnualRevenue"],
        lambda a: [f"001M0000{a['account_id']}", a["name"], a["lat"], a["lon"], a["name"], a["annual_revenue"]],
    )
    places = lambda row: (row["BillingLongitude"], row["BillingLatitude"])  # noqa: E731

    def read(path, **options):
        return tk.crm.salesforce.read_accounts(path, crs="EPSG:4326", **options)

    return mu.TableCase("salesforce", rows, read, "Id", places, make_id=salesforce_id, strips=True)


def zoho_id(text):
    return text.strip().removeprefix("zcrm_")


def zoho():
    rows = exported(
        ["Record Id", "Account_Name", "Billing_City", "Annual_Revenue", "Lon", "Lat"],
        lambda a: [
            f"zcrm_415086800000{a['account_id']}",
            a["name"],
            a["name"],
            a["annual_revenue"],
            a["lon"],
            a["lat"],
        ],
    )

    def read(path, **options):
        return tk.crm.zoho.read_accounts(path, lon="Lon", lat="Lat", crs="EPSG:4326", **options)

    places = lambda row: (row["Lon"], row["Lat"])  # noqa: E731
    return mu.TableCase("zoho", rows, read, "Record Id", places, make_id=zoho_id, strips=True)


def fxiaoke():
    rows = exported(
        ["_id", "name", "owner", "location", "account_no"],
        lambda a: [f"5a{a['account_id']}", a["name"], "1000", f"{a['lon']}#%${a['lat']}#%$TX", a["county_fips"]],
    )

    def read(path, **options):
        return tk.crm.fxiaoke.read_accounts(path, crs="wgs84", **options)

    places = lambda row: tuple(row["location"].split("#%$")[:2])  # noqa: E731
    return mu.TableCase("fxiaoke", rows, read, "_id", places, strips=True, changed=("owner",))
