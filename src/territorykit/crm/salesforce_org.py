"""What a Salesforce org holds today, read from exports, and what the caller says of the territory model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import pandas as pd

from territorykit._arrays import Content, frozen_mapping, is_missing
from territorykit.crm.kinds import check_kinds
from territorykit.crm.places import with_texts
from territorykit.crm.salesforce_ids import full_ids, required_ids
from territorykit.errors import DataError, Problems, listing
from territorykit.load.formats.files import existing
from territorykit.load.formats.tables import read_table

MANUAL = "Territory2Manual"
"""AssociationCause of a row that people made; the only one that may be loaded and deleted."""
ACCESS = {
    "AccountAccessLevel": ("Read Only", "Read/Write", "Owner", "Read", "Edit", "All"),
    "CaseAccessLevel": ("Private", "Read Only", "Read/Write", "None", "Read", "Edit"),
    "ContactAccessLevel": ("Private", "Read Only", "Read/Write", "None", "Read", "Edit"),
    "OpportunityAccessLevel": ("Private", "Read Only", "Read/Write", "None", "Read", "Edit"),
}
"""Levels as the Object Reference spells them, then as the Metadata API does."""
Source: TypeAlias = str | Path | pd.DataFrame
"""An export: the path of a table or a DataFrame."""


class Territory(NamedTuple):
    """A row of Territory2: ids of 18 characters, "" where the export says nothing; of the parent None then."""

    id: str
    developer_name: str
    name: str = ""
    model_id: str = ""
    parent_id: str | None = None


class Association(NamedTuple):
    """A row of ObjectTerritory2Association."""

    id: str
    object_id: str
    territory_id: str
    cause: str


class UserAssociation(NamedTuple):
    """A row of UserTerritory2Association."""

    user_id: str
    territory_id: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Org:
    """What an org holds today, as `read_org` reads it.

    Parameters
    ----------
    territories, associations, users
        Rows of Territory2, ObjectTerritory2Association and UserTerritory2Association.
    """

    territories: tuple[Territory, ...] = ()
    associations: tuple[Association, ...] = ()
    users: tuple[UserAssociation, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TerritoryModel(Content):
    """Where new territories go, and how they are described.

    Parameters
    ----------
    model_id
        Id of the Territory2Model.
    type_id
        Id of the Territory2Type: one for all, or a mapping with an id for every new territory's name.
    access
        Field to level, such as ``{"AccountAccessLevel": "Edit"}``: what is put into the file of territories.
        Salesforce spells the levels in two ways ("Read/Write" in the Object Reference, "Edit" in the Metadata
        API), so that there is no default: look at a territory of the org. Fields that are left out get
        the org's own default; an empty mapping leaves out all.
    parents
        Territory name to the name of the territory above it. Names that are no territories of the plan become
        territories too.
    developer_names
        Name to developer name, for names that get none or a bad one by themselves.
    formulas
        What happens to names that a spreadsheet would take for a formula. The files are read by machines, so
        that nothing may be put in front of them. "refuse": an error. "keep": they are written as they are;
        do not open the files with a spreadsheet.

    Raises
    ------
    DataError
        If an id is none, or a field or level of access is not known.

    Examples
    --------
    >>> TerritoryModel("0MAM00000000Qr9", "0M5M00000000Qr9", {"AccountAccessLevel": "Edit"}).model_id
    '0MAM00000000Qr9OAE'
    """

    model_id: str
    type_id: str | Mapping[str, str]
    access: Mapping[str, str]
    parents: Mapping[str, str] = field(default_factory=dict)
    developer_names: Mapping[str, str] = field(default_factory=dict)
    formulas: Literal["refuse", "keep"] = "refuse"

    def __post_init__(self) -> None:
        check_kinds(
            "territory model",
            type_id=(self.type_id, str | Mapping),
            access=(self.access, Mapping),
            parents=(self.parents, Mapping),
            developer_names=(self.developer_names, Mapping),
        )
        problems = Problems("territory model")
        texts = {
            "parents": [*self.parents, *(above for above in self.parents.values() if above is not None)],
            "developer_names": [*self.developer_names, *self.developer_names.values()],
        }
        for what, values in texts.items():
            strange = [value for value in values if not isinstance(value, str)]
            if strange:
                problems.add(f"{what} holds values that are no texts: {listing(strange)}", "pass names as texts")
        types = self.type_id if isinstance(self.type_id, Mapping) else {"": self.type_id}
        (model,) = required_ids([self.model_id], problems, "model ids")
        ids = dict(zip(types, required_ids(list(types.values()), problems, "type ids"), strict=True))
        wrong = [f"{key}: {level}" for key, level in self.access.items() if level not in ACCESS.get(key, ())]
        if wrong:
            known = "; ".join(f"{key}: {', '.join(levels)}" for key, levels in ACCESS.items())
            problems.add(f"access has fields or levels that are not known: {listing(wrong)}", f"they are {known}")
        if self.formulas not in ("refuse", "keep"):
            problems.add(f"formulas is {self.formulas!r}", "pass 'refuse' or 'keep'")
        problems.raise_as(DataError)
        object.__setattr__(self, "model_id", model)
        object.__setattr__(self, "type_id", frozen_mapping(ids) if isinstance(self.type_id, Mapping) else ids[""])
        for name in ("access", "parents", "developer_names"):
            object.__setattr__(self, name, frozen_mapping(getattr(self, name)))

    def type_of(self, name: str) -> str | None:
        """Id of a territory's type, None where none is given."""
        return self.type_id if isinstance(self.type_id, str) else self.type_id.get(name)


def read_org(
    *,
    territories: Source | None = None,
    associations: Source | None = None,
    users: Source | None = None,
    encoding: str | None = None,
) -> Org:
    """Read what an org holds today from exports of its tables.

    Parameters
    ----------
    territories
        Territory2: Id and DeveloperName, if possible also Name, Territory2ModelId and ParentTerritory2Id.
    associations
        ObjectTerritory2Association: Id, ObjectId, Territory2Id, AssociationCause. Export all rows of the
        model, those by rule too.
    users
        UserTerritory2Association: UserId, Territory2Id, if possible RoleInTerritory2.
    encoding
        Encoding of CSV files that are not UTF-8.

    Raises
    ------
    DataError
        With all problems at once: columns that are not there, ids that are missing, doubled or no ids.

    Examples
    --------
    >>> org = read_org(territories=pd.DataFrame({"Id": ["0MIM00000000Qr9"], "DeveloperName": ["North"]}))
    >>> org.territories[0].id
    '0MIM00000000Qr9OAE'
    """
    problems = Problems("org")
    first = _rows(territories, "Territory2", ("Id", "DeveloperName"), encoding, problems)
    second = _rows(
        associations,
        "ObjectTerritory2Association",
        ("Id", "ObjectId", "Territory2Id", "AssociationCause"),
        encoding,
        problems,
    )
    third = _rows(users, "UserTerritory2Association", ("UserId", "Territory2Id"), encoding, problems)
    problems.raise_as(DataError)
    return Org(
        tuple(
            Territory(
                row["Id"],
                row["DeveloperName"],
                row.get("Name", ""),
                row.get("Territory2ModelId", ""),
                row.get("ParentTerritory2Id"),
            )
            for row in first
        ),
        tuple(Association(row["Id"], row["ObjectId"], row["Territory2Id"], row["AssociationCause"]) for row in second),
        tuple(UserAssociation(row["UserId"], row["Territory2Id"], row.get("RoleInTerritory2", "")) for row in third),
    )


def _rows(
    source: Source | None, name: str, required: tuple[str, ...], encoding: str | None, problems: Problems
) -> list[dict[str, str]]:
    """The rows of an export as texts: ids in their long form, "" for what is missing."""
    if source is None:
        return []
    frame = _open(source, encoding)
    labels = [str(column).casefold() for column in frame.columns]  # loaders write ID for Id
    doubled = [name for name in (*required, *_OPTIONAL) if labels.count(name.casefold()) > 1]
    if doubled:
        problems.add(f"{name} has several columns {listing(doubled)}", "keep one of each")
        return []
    known = dict(zip(labels, frame.columns, strict=True))
    columns = {column: known[column.casefold()] for column in (*required, *_OPTIONAL) if column.casefold() in known}
    absent = [column for column in required if column not in columns]
    if absent:
        problems.add(f"{name} has no column {listing(absent)}", f"it has {listing(map(str, frame.columns)) or 'none'}")
        return []
    values: dict[str, list[Any]] = {}
    for column, label in columns.items():
        texts = ["" if is_missing(value) else str(value).strip() for value in frame[label].tolist()]
        if column.endswith("Id"):
            inner = Problems(name)
            checked = required_ids if column in required else full_ids
            texts = checked([text or None for text in texts], inner, f"values of {column}")
            texts = ["" if text is None else text for text in texts]
            problems.found += [f"{name}: {text}" for text in inner.found]
        elif column in required and "" in texts:
            problems.add(f"{name}: {texts.count(''):,} values of {column} are missing", "export them with every row")
        values[column] = texts
    ids = values.get("Id", []) if "Id" in required else []
    if len(set(ids)) < len(ids):
        twice = pd.Index(ids)[pd.Index(ids).duplicated()].unique()
        problems.add(f"{name}: {len(twice):,} ids are used more than once: {listing(twice)}", "export it anew")
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _open(source: Source, encoding: str | None) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source
    path = existing(source)
    frame = read_table(path, id="Id", encoding=encoding)
    return with_texts(frame, [str(label) for label in frame.columns], path, encoding=encoding)


_OPTIONAL = ("Name", "Territory2ModelId", "ParentTerritory2Id", "RoleInTerritory2")
