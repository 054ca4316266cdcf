import pytest
from hypothesis import given
from hypothesis import strategies as st

from territorykit._cells import harmless, whole

SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
texts = st.text(st.sampled_from(f"{SIGNS}' 15.eax華"), max_size=6)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", ["", "'", "''", " ", "' "])
def test_what_starts_like_a_formula_gets_an_apostrophe(sign, before):
    if sign in "\t\r\n" and before.endswith(" "):
        return  # a blank and a tab start nothing
    assert harmless(f"{before}{sign}A1") == f"'{before}{sign}A1"


@pytest.mark.parametrize("cell", ["-5", "+49", "-1.5e3", "north", "", "'", "'north", "a=b", "1-2", None, 3, -2.5])
def test_what_does_not_stays(cell):
    assert harmless(cell) == cell


@pytest.mark.parametrize("cell", ["-5-3", "+1,5", "-\u0663", "--5", "-"])
def test_what_is_nearly_a_number_is_none(cell):
    assert harmless(cell) == "'" + cell


@given(texts)
def test_every_text_comes_back(text):
    assert whole(harmless(text)) == text


@given(texts, texts)
def test_no_two_texts_become_one(one, other):
    assert (harmless(one) == harmless(other)) == (one == other)
