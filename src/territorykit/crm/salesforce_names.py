"""Developer names: what Salesforce calls a territory in its interfaces, derived from the name that people see."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from territorykit.crm.kinds import check_kinds
from territorykit.errors import Problems, listing

LONGEST = 80
"""Characters of a name and of a developer name, as the Field Reference has them."""
_ALLOWED = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*", re.ASCII)
_MARK = 8
_RULE = (
    "letters, digits and single underscores, a letter first, no underscore last, "
    f"at most {LONGEST} characters, and different when case is ignored"
)


def developer_name(name: str) -> str:
    """A developer name that can be read, and that is the same for the same name always.

    Accents are dropped, everything between words becomes an underscore, and letters of other scripts become
    their code points in hexadecimal. What is too long is cut and marked with a hash of the whole [1]_.

    Examples
    --------
    >>> developer_name("Nord-West (Köln)"), developer_name("华东 1"), developer_name("3. Zone")
    ('Nord_West_Koln', 'T_534E4E1C_1', 'T_3_Zone')

    References
    ----------
    .. [1] Salesforce, *Object Reference: Territory2*, field DeveloperName: only letters, digits and
           underscores, unique, a letter first, no two underscores in a row, none at the end.
    """
    check_kinds("developer name", name=(name, str))
    parts = [_part(sign) for sign in unicodedata.normalize("NFKC", name)]
    text = re.sub("_+", "_", "".join(parts).replace("}{", "").replace("{", "_").replace("}", "_")).strip("_")
    text = text or "".join(f"{ord(sign):X}" for sign in name)
    if not (parts and parts[0].isascii() and parts[0].isalpha() and text[0].isalpha()):
        text = f"T_{text}"
    return text if len(text) <= LONGEST else _marked(text, name)


def developer_names(
    names: Sequence[str], given: Mapping[str, str], taken: Collection[str], problems: Problems
) -> dict[str, str]:
    """A developer name for each name: the one that was given, or else one that is derived.

    Parameters
    ----------
    names
        All different.
    given
        Name to developer name, where the caller has one.
    taken
        Developer names of the org that are other things' names.
    problems
        Where names go that break the rules.

    Returns
    -------
    dict
        Where derived names collide, the only one that is spelled like its developer name keeps it and the
        others are marked with a hash, whatever their order.

    Examples
    --------
    >>> developer_names(["A-B", "A_B"], {}, (), Problems("names"))
    {'A-B': 'A_B_77101aaa', 'A_B': 'A_B'}
    """
    chosen = {name: given[name] for name in names if name in given}
    strange = [text for text in chosen.values() if not _ALLOWED.fullmatch(text) or len(text) > LONGEST]
    used = {text.casefold() for text in chosen.values()}
    if strange or len(used) < len(chosen):
        what = listing(strange) if strange else listing(chosen.values())
        problems.add(f"developer names that break the rules: {what}", f"they have {_RULE}")
    used |= {text.casefold() for text in taken}
    derived = {name: developer_name(name) for name in names if name not in given}
    folded = Counter(text.casefold() for text in derived.values())
    spelled = Counter(text.casefold() for name, text in derived.items() if name == text)
    for name, text in derived.items():
        alone = folded[text.casefold()] == 1 or (name == text and spelled[text.casefold()] == 1)
        chosen[name] = text if alone and text.casefold() not in used else _marked(text, name)
    found = {name: chosen[name] for name in names}
    rest = Counter(found[name].casefold() for name in derived)
    twice = [name for name in derived if rest[found[name].casefold()] > 1 or found[name].casefold() in used]
    if twice:
        problems.add(f"no developer name could be made for {listing(twice)}", "give them with developer_names=")
    return found


def _part(sign: str) -> str:
    """What becomes of one character; code points stand in braces."""
    bare = "".join(part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part))
    if bare.isascii() and bare.isalnum():
        return bare
    if unicodedata.category(sign)[0] in "LNM":
        return f"{{{ord(sign):04X}}}"
    return "_"


def _marked(text: str, name: str) -> str:
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK]
    return f"{text[: LONGEST - _MARK - 1].rstrip('_')}_{mark}"
