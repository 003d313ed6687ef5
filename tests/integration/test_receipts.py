"""How a receipt is laid out, so that a clerk sees what matters first."""

import re

from tests.integration.office import HEADER, Office


def test_advice_that_many_remarks_end_with_is_given_once_after_the_others(office: Office) -> None:
    codes = ("sp_activity_count", "sp_lecture_count", "sp_exhibition_count", "sp_item_activity_count")
    negative = "".join(f"A,,2021,{code},own,-3\n" for code in codes)
    office.file("A", f"{HEADER}{negative}A,,2021,nonsense,own,1\n")
    (receipt,) = office.receipts("A")
    assert receipt.count("请改为 0 或正数") == 1
    assert re.search(r"1\. 第 6 行：.*nonsense", receipt)
    assert re.search(r"2\. 以下 4 条：.*请改为 0 或正数。\n   第 2 行：.*-3 是负数。\n   第 3 行：", receipt)


def test_a_few_remarks_of_one_kind_each_keep_their_advice(office: Office) -> None:
    negative = "".join(f"A,,2021,{code},own,-3\n" for code in ("sp_activity_count", "sp_lecture_count"))
    office.file("A", HEADER + negative)
    (receipt,) = office.receipts("A")
    assert receipt.count("请改为 0 或正数") == 2
    assert "以下" not in receipt.split("下一步")[1].split("\n", 1)[1]
