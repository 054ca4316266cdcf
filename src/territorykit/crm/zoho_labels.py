"""Labels of Zoho CRM's account fields in exports, by API name."""

_PLACES = {
    "Billing": ("Billing", "账单", "帳單", "請求先"),
    "Shipping": ("Shipping", "发货", "送貨", "送付先"),
}
_ADDRESS = {
    "Street": ("Street", "Street", ("街道", "地址"), ("街道", "地址"), ("町名・番地", "番地")),
    "City": ("City", "City", ("城市",), ("城市",), ("市区町村",)),
    "State": ("State", "State / Province", ("省/州", "省份", "州/省"), ("省/州", "省份", "州/省"), ("都道府県",)),
    "Code": ("Code", "Zip / Postal Code", ("邮政编码", "邮编"), ("郵遞區號",), ("郵便番号",)),
    "Country": ("Country", "Country / Region", ("国家/地区", "国家"), ("國家/地區", "國家"), ("国",)),
}


def _address_labels(place: str, field: str) -> tuple[str, ...]:
    english, simplified, traditional, japanese = _PLACES[place]
    old, compound, *chinese_and_japanese = _ADDRESS[field]
    local = zip((simplified, traditional, japanese), chinese_and_japanese, strict=True)
    # The address as one field, as newer organisations have it.
    new = (f"{english} Address - {compound}", f"{english} Address - {old}", f"{english} Address - Postal Code")
    return (
        f"{english} {old}",
        *(new if field == "Code" else new[:2]),
        *(f"{start}{label}" for start, labels in local for label in labels),
        *(f"{start}地址 - {label}" for start in (simplified, traditional) for label in _ADDRESS[field][2]),
    )


LABELS: dict[str, tuple[str, ...]] = {
    "id": ("Record Id", "Account Id", "ID", "データID", "记录ID", "记录 ID", "記錄ID", "記錄 ID"),
    "Account_Name": ("Account Name", "客户名称", "公司名称", "客戶名稱", "公司名稱", "取引先名"),
    "Account_Site": ("Account Site", "客户站点", "客戶站點", "取引先の部署"),
    "Account_Type": ("Account Type", "客户类型", "客戶類型", "取引先の種類"),
    "Account_Number": ("Account Number", "客户编号", "客戶編號", "取引先番号"),
    "Owner.id": ("Account Owner.id", "Account Owner Id", "客户所有者.id", "客戶所有者.id", "取引先の担当者.id"),
    "Owner": ("Account Owner", "客户所有者", "客戶所有者", "取引先の担当者"),
    "Parent_Account.id": ("Parent Account.id", "上级客户.id", "上層客戶.id", "親取引先.id"),
    "Parent_Account": ("Parent Account", "上级客户", "上層客戶", "親取引先"),
    "Phone": ("电话", "電話", "電話番号"),
    "Website": ("网站", "網站", "Webサイト"),
    "Industry": ("行业", "行業", "產業", "業種"),
    "SIC_Code": ("SIC Code",),
    "Annual_Revenue": ("Annual Revenue", "年收入", "年營收", "年間売上"),
    "Employees": ("No. of Employees", "员工数", "員工數", "従業員数"),
    "Rating": ("评级", "評級", "評価"),
    "Territories": ("Territory", "区域", "區域", "テリトリー"),
    "Created_Time": ("Created Time", "创建时间", "建立時間", "作成日時"),
    "Modified_Time": ("Modified Time", "修改时间", "修改時間", "更新日時"),
    **{f"{place}_{field}": _address_labels(place, field) for place in _PLACES for field in _ADDRESS},
}
"""API name to labels.

The English labels and データID are those of real exports. The other Chinese and Japanese ones are translations
of the field names, and an organisation can rename its fields: what is not found here is named by the caller.
"""
NUMBERS = ("Annual_Revenue", "Employees")
"""Fields that hold numbers; all others that are known are texts."""
