"""The reader finds what a sentence states, leaves out what only looks so, and says what each figure is of."""

import re
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.load import load
from catalogue.model import Catalogue
from ingestion.narrative import Quantity, quantities


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def _read(text: str, period: str = "2021") -> list[Quantity]:
    return quantities(text, load(), period)


def _figures(text: str) -> list[tuple[str, str]]:
    """Each quantity's quote and indicator."""
    return [(one.quote, one.indicator_code) for one in _read(text)]


# ---- the report's own lines, as drafts write them

LINES = [
    ("全省共动员科技志愿服务组织1300多个", [("1300多个", "vol_org_mobilized_count")]),
    (
        "组织1300多个科技志愿服务组织和8.1万名科技志愿者下基层",
        [("1300多个", "vol_org_mobilized_count"), ("8.1万名", "vol_person_mobilized_count")],
    ),
    (
        "动员科技志愿服务组织1300多个、科技志愿者8.1万名",
        [("1300多个", "vol_org_mobilized_count"), ("8.1万名", "vol_person_mobilized_count")],
    ),
    (
        "全年办科普“五进”活动近5000场次，受益群众超过260万人次",
        [("近5000场次", "sp_five_entry_activity_count"), ("超过260万人次", "sp_five_entry_persontimes")],
    ),
    (
        "“五进”活动4900多场次，惠及群众260万余人次",
        [("4900多场次", "sp_five_entry_activity_count"), ("260万余人次", "sp_five_entry_persontimes")],
    ),
    (
        "新支持现代农业科普园21个、农村中学科技馆20个、科普示范社区50个",
        [
            ("21个", "base_modern_agri_park_count"),
            ("20个", "base_rural_school_museum_count"),
            ("50个", "base_demo_community_count"),
        ],
    ),
    (
        "建设21个现代农业科普园、20个农村中学科技馆和50个科普示范社区",
        [
            ("21个", "base_modern_agri_park_count"),
            ("20个", "base_rural_school_museum_count"),
            ("50个", "base_demo_community_count"),
        ],
    ),
    ("新认定省级科普教育基地83个", [("83个", "base_provincial_edu_base_count")]),
    (
        "拍摄科普MV 15部，网络播放量近1800万次",
        [("15部", "info_media_mv_count"), ("近1800万次", "info_media_play_count")],
    ),
    ("出台学会管理办法等20多项制度", [("20多项", "org_rule_made_count")]),
    ("制定制度20余项", [("20余项", "org_rule_made_count")]),
]


@pytest.mark.parametrize(("sentence", "wanted"), LINES)
def test_the_lines_of_the_full_committee_report_are_bound(sentence: str, wanted: list[tuple[str, str]]) -> None:
    assert _figures(sentence) == wanted


def test_a_report_line_is_bound_by_its_label(catalogue: Catalogue) -> None:
    for line in catalogue.report_lines.values():
        if line.formula:
            continue
        counter = line.counter or line.measure
        for phrase in (f"{line.label_zh}36{counter}", f"全年{line.label_zh}达到1236{counter}。"):
            assert [one.indicator_code for one in _read(phrase)] == [line.indicator], phrase


@pytest.mark.parametrize("number", ["1234", "近5000", "8.1万", "20多", "超过260万"])
def test_every_sentence_of_the_report_is_read_back_to_its_lines(number: str, catalogue: Catalogue) -> None:
    for sentence in catalogue.report.sentences.values():
        lines = [catalogue.report_lines[code] for code in re.findall(r"{(\w+)}", sentence.text)]
        phrases = {
            line.code: "86.5%" if line.measure == "%" else f"{number}{line.counter or line.measure}" for line in lines
        }
        read = _read(f"{sentence.text.format_map(phrases)}。")
        assert len(read) == len(lines), sentence.text
        for one, line in zip(read, lines, strict=True):
            assert line.formula or one.indicator_code == line.indicator, (sentence.text, one.quote)


# ---- numbers that are no quantities

NOTHING = [
    "2021年12月13日，第九届全委会第三次会议在县城召开",
    "按照“十四五”规划和2021—2025年实施方案推进",
    "开展“百名专家下基层”“十百千万”工程，落实“三长制”",
    "严格执行八项规定，坚持三会一课，增强四个意识",
    "印发〔2021〕27号文件，废止2019年第8号通知",
    "从五个方面入手，抓住四个主要环节，建成一个布局合理的展厅",
    "联系电话：0379-6321456，工作时间08:30-17:30",
    "学习《科普法》三十三条措施和《纲要（2021—2035年）》",
    "县一中、七中和东门四组参加，获二等奖",
    "打通最后一公里，培养一批一把手，一是抓落实，二是抓提升",
    "实现零事故零投诉，24小时值班",
    "**县和XX镇的经验在***会议上交流",
    "xx县第X次代表大会以来，X中全会精神深入人心",
    "（三）其他 1.机制 2.队伍",
    "建党100周年之际，P5全彩屏亮相，5G和4K技术上屏",
    "工作总结3篇",
    "年满60岁的会员，副高以上职称",
    "推行“1+5+N”模式，建成1+3平台，第5—8期培训班结业",
]


@pytest.mark.parametrize("sentence", NOTHING)
def test_what_only_looks_like_a_quantity_is_left_out(sentence: str) -> None:
    assert [one.quote for one in _read(sentence)] == []


# ---- status, scope, parts

STATUS = [
    ("计划举办科普讲座20场", ["plan"]),
    ("力争建成科普示范社区3个", ["plan"]),
    ("争取创建科普示范学校2所", ["plan"]),
    ("争取到科普项目2个，获奖补资金18万元", ["actual", "actual"]),
    ("积极争取科普经费12万元", ["actual"]),
    ("申报科普项目9个，申请资金88万元", ["applied", "applied"]),
    ("成功申报科普项目9个", ["actual"]),
    ("截至目前，注册科技志愿者4120人", ["cumulative"]),
    ("今年累计发放科普资料2万份", ["actual"]),
    ("自成立以来，举办学术会议45场", ["cumulative"]),
    ("计划招收学员120人，实际118人参加", ["plan", "actual"]),
    ("落实项目22项，较上年多10项", ["actual", "reference"]),
    ("到2025年，公民具备科学素质的比例达到15%", ["plan"]),
    ("二、2022年工作计划\n举办科普讲座30场。\n", ["plan"]),
    ("（二）下一步打算\n一是新建科普画廊5处。二是发放科普资料8000份。", ["plan", "plan"]),
    ("二、2022年工作计划\n（一）认真总结经验\n办讲座3场。\n三、存在的问题\n经费仅2万元。", ["plan", "actual"]),
    ("一、下一步工作打算：办讲座3场。二、存在的问题：经费仅2万元。", ["plan", "actual"]),
]


@pytest.mark.parametrize(("text", "wanted"), STATUS)
def test_the_words_around_a_number_say_its_status(text: str, wanted: list[str]) -> None:
    assert [one.status for one in _read(text)] == wanted


def test_what_a_report_looks_back_on_is_done_whatever_year_it_was_filed_for() -> None:
    text = "省科协全委会议工作报告(2022年)\n2021年工作回顾\n办讲座8场。\n2022年主要工作\n办讲座9场。"
    assert [one.status for one in _read(text, "2022")] == ["actual", "plan"]


SCOPE = [
    ("联合省、市科协开展科普进校园活动6场", ["joint_up"]),
    ("参与农业局、卫健局等部门开展活动9场次", ["joint_dept"]),
    ("各县（市、区）科协办讲座300场", ["jurisdiction"]),
    ("办科普讲座12场", ["own"]),
    (
        "获奖补资金33万元，其中，甲站20万元、乙会10万元、丙户3万元、维护经费30万元",
        ["own", "part", "part", "part", "own"],
    ),
]


@pytest.mark.parametrize(("text", "wanted"), SCOPE)
def test_the_words_around_a_number_say_whose_work_it_was(text: str, wanted: list[str]) -> None:
    assert [one.scope for one in _read(text)] == wanted


def test_parts_belong_to_the_item_of_what_they_are_parts_of_until_they_reach_it() -> None:
    read = _figures("获奖补资金33万元，其中甲站20万元、乙会10万元、丙户3万元、科技馆免费开放经费30万元")
    assert [code for _, code in read] == [
        "fin_project_granted_amount",
        *["fin_project_item_amount"] * 3,
        "fin_other_granted_amount",
    ]


def test_several_numbers_on_one_noun_each_find_their_own_indicator() -> None:
    assert _figures("农函大开设专业5个，办教学班12个700人") == [
        ("5个", "tr_nhd_subject_count"),
        ("12个", "tr_nhd_class_count"),
        ("700人", "tr_nhd_enrolled_count"),
    ]


def test_numbers_said_respectively_each_take_their_own_noun() -> None:
    assert _figures("企业科协、高校科协和农技协分别达到26家、5家和41个") == [
        ("26家", "org_enterprise_ast_count"),
        ("5家", "org_university_ast_count"),
        ("41个", "org_agritech_assoc_count"),
    ]


def test_a_noun_that_is_not_in_the_catalogue_does_not_take_the_noun_before_it() -> None:
    assert _figures("科普志愿者320名，村里的卫生员238名")[1] == ("238名", "")


def test_a_bracket_ends_the_parts_that_it_opened() -> None:
    read = _read("农技协41个（其中注册29个）、企业科协12个")
    assert [one.scope for one in read] == ["own", "part", "own"]


def test_a_number_for_each_is_no_total() -> None:
    (one,) = _read("每个村办科普讲座2场")
    assert (one.indicator_code, one.value) == ("", Decimal(2))
    assert "不是总数" in one.note


def test_a_rate_that_lost_its_sign_is_read_as_one_and_says_so() -> None:
    (one,) = _read("考试合格率达98")
    assert (one.value, one.measure, one.indicator_code) == (Decimal(98), "%", "tr_exam_pass_rate")
    assert "缺百分号" in one.note


def test_money_without_its_measure_is_exact_money() -> None:
    (one,) = _read("落实项目资金总额60万。")
    assert (one.value, one.low, one.high, one.measure) == (Decimal(600000), Decimal(600000), Decimal(600000), "元")


@pytest.mark.parametrize(
    ("text", "measure", "note"),
    [
        ("累计流量近1000万，", "次", "缺计量单位"),
        ("注册人数达34.2万。", "人", "缺计量单位"),
        ("参与人次2.3万。", "人次", "缺计量单位"),
        ("投入科普经费达 万元", "元", "缺数字"),
        ("发放资料近份(册)", "份", "缺数字"),
    ],
)
def test_what_was_lost_in_copying_is_restored_and_said(text: str, measure: str, note: str) -> None:
    (one,) = _read(text)
    assert one.measure == measure
    assert note in one.note


@pytest.mark.parametrize(
    ("text", "value"), [("全国排名63位", 63), ("居全市第四名", 4), ("名列全省第一。", 1), ("排名全国第3，", 3)]
)
def test_a_rank_is_a_quantity_of_its_own_kind(text: str, value: int) -> None:
    (one,) = _read(text)
    assert (one.measure, one.indicator_code, one.value) == ("名", "contest_rank", Decimal(value))


def test_hundredths_in_words_are_percent() -> None:
    (one,) = _read("科普覆盖率达百分之九十以上")
    assert (one.quote, one.value, one.low, one.high) == ("百分之九十以上", Decimal(90), Decimal(90), Decimal(100))


def test_what_adds_up_to_the_figure_before_it_is_its_parts() -> None:
    read = _read("安排科普经费96万元：活动31万元、阵地23万元、奖励10万元、宣传32万元")
    assert [(one.scope, one.indicator_code) for one in read] == [
        ("own", "fin_literacy_budget"),
        *[("part", "fin_project_item_amount")] * 4,
    ]


def test_a_row_of_a_table_carries_its_measure_and_its_columns_their_scope() -> None:
    read = _read("指标依次为合计、市科协、区科协\n企业科协（个） 30 22 8\n农技协(个) 5 空 5\n")
    assert [(one.quote, one.indicator_code, one.scope) for one in read] == [
        ("30", "org_enterprise_ast_count", "jurisdiction"),
        ("22", "org_enterprise_ast_count", "own"),
        ("8", "org_enterprise_ast_count", "jurisdiction"),
        ("5", "org_agritech_assoc_count", "jurisdiction"),
        ("5", "org_agritech_assoc_count", "jurisdiction"),
    ]


def test_a_row_may_repeat_its_label_in_english() -> None:
    assert [one.quote for one in _read("企业科协 (个)   Associations in Enterprises  (unit)   30 22 8")] == [
        "30",
        "22",
        "8",
    ]


def test_a_masked_number_stays_missing_and_a_masked_name_is_none() -> None:
    (one,) = _read("**县科协开展科普讲座**场")
    assert (one.quote, one.state, one.value, one.low, one.high) == ("**场", "redacted", None, None, None)


def test_a_sentence_said_twice_is_read_once_and_remarks_are_no_text() -> None:
    assert [one.quote for one in _read("# 来源 300场\n全年举办各类科普讲座36场。\n全年举办各类科普讲座36场。")] == [
        "36场"
    ]


def test_traditional_signs_and_full_width_digits_are_read_where_they_stand() -> None:
    text = "科協舉辦講座１２場，發放資料３萬餘份"
    assert [(one.quote, one.value, one.high) for one in _read(text)] == [
        ("１２場", Decimal(12), Decimal(12)),
        ("３萬餘份", Decimal(30000), Decimal(39999)),
    ]


@pytest.mark.parametrize(
    ("text", "period", "wanted"),
    [
        ("举办讲座3场", "2021-Q3", "2021-Q3"),
        ("县科协2019年工作总结\n举办讲座3场", "", "2019"),
        ("县科协2020年上半年工作总结\n举办讲座3场", "", "2020-H1"),
        ("举办讲座3场", "", ""),
        ("2019年，举办讲座3场", "2021", "2019"),
        ("2022年工作计划\n举办讲座3场", "2021", "2022"),
    ],
)
def test_the_period_is_the_reports_unless_the_text_says_another(text: str, period: str, wanted: str) -> None:
    assert [one.period for one in _read(text, period)] == [wanted]


# ---- wordings of counties and cities

SPOKEN = [
    ("全县现有企业科协7家、农技协43个，个人会员2860人", ["cumulative"] * 3),
    ("目前全县有农技协34个、企业科协11家", ["cumulative"] * 2),
    ("目前拥有科普画廊30处，科普活动室12个，开展活动60场", ["cumulative", "cumulative", "actual"]),
    ("现有农技协43个，今年新增3个", ["cumulative", "actual"]),
    ("建有市级以上科普基地22个，其中国家级3个", ["cumulative", "cumulative"]),
    ("全市累计86个科普教育基地对外开放", ["cumulative"]),
    ("今年累计举办讲座86场", ["actual"]),
    ("共有5200人次参加活动", ["actual"]),
    ("已建院士专家工作站15家", ["cumulative"]),
    ("院士专家工作站达到21家", ["cumulative"]),
    ("力争院士专家工作站达到21家", ["plan"]),
    ("新建院士专家工作站3家", ["actual"]),
    ("力争建成示范社区2个，科普画廊5处", ["plan", "plan"]),
    ("争取省级科普项目4个，积极争取创建示范学校2所", ["actual", "plan"]),
    ("公民具备科学素质的比例达12.3%，高于全省平均0.4个百分点", ["actual", "reference"]),
]


@pytest.mark.parametrize(("text", "wanted"), SPOKEN)
def test_a_stock_is_told_from_what_was_done_and_a_list_keeps_what_opened_it(text: str, wanted: list[str]) -> None:
    assert [one.status for one in _read(text)] == wanted


OF_WHAT = [
    ("科普大篷车全年巡展46次，行程3000公里，受益群众3.2万人次", "sp_caravan_persontimes"),
    ("科普大篷车走进12所学校，服务群众8600余人次", "sp_caravan_persontimes"),
    ("举办科普展览6次，接待观众1.2万人次", "sp_audience_persontimes"),
    ("县科技馆举办展览6次，接待观众1.2万人次", "base_museum_visitor_persontimes"),
    ("联合卫健委、应急局等部门开展科普活动9场次", "sp_activity_with_dept_count"),
    ("联合县农业农村局、水务局举办宣传活动4场", "sp_activity_with_dept_count"),
    ("现场设置咨询台6个", ""),
    ("年度考核自评得分98.6分", ""),
    ("新建海智工作站2家", "base_expert_station_new_count"),
    ("现有院士专家工作站15家", "base_expert_station_count"),
    ("表彰优秀科技工作者30名", "talent_award_persontimes"),
    ("授予20名同志“最美科技工作者”称号", "talent_award_persontimes"),
    ("5名同志荣获优秀科技工作者称号", "talent_selected_count"),
    ("科技馆免费开放280天", ""),
    ("活动历时22天", "sp_activity_day_count"),
    ("公众号发布推文320篇，阅读量突破50万次", "info_network_traffic_count"),
    ("视频播放量达230万次", "info_media_play_count"),
    ("动员科普志愿者1300余名", "vol_person_mobilized_count"),
    ("开展志愿服务活动60场，惠及群众2万人次", "vol_served_persontimes"),
    ("累计建成科普示范社区12个、科普e站30个", ""),
    ("解决技术难题75个", ""),
    ("4项活动被评为优秀活动", "sp_excellent_activity_count"),
    ("竞赛成绩居全省第3位，较上年提升2位", "contest_rank"),
    ("举办乡镇科协主席培训班2期", "org_training_class_count"),
    ("举办科普讲座12场，网络直播8场", "sp_activity_count"),
    ("同时在线最多3000人，累计观看5万人次", "sp_online_audience_persontimes"),
    ("直播累计观看12万人次，同时在线最多3000人", "sp_online_peak_viewers"),
    ("流动科技馆巡展接待参观学生2.6万人次", "sp_audience_persontimes"),
    ("科技馆接待观众3万人次，流动科技馆巡展4站，参观师生2.6万人次", "sp_audience_persontimes"),
    ("县科技馆接待参观学生1.2万人次", "base_museum_visitor_persontimes"),
    ("机关党员集中学习24次", "party_activity_count"),
    ("培训班学员集中学习24次", ""),
    ("新成立企业科协16家，累计达到148家", "org_enterprise_ast_count"),
    ("新建院士专家工作站3家，目前共有15家", "base_expert_station_count"),
    ("新成立企业科协16家，现有龙头企业148家", ""),
]


@pytest.mark.parametrize(("text", "wanted"), OF_WHAT)
def test_the_last_figure_belongs_to_what_its_sentence_speaks_of(text: str, wanted: str) -> None:
    assert _figures(text)[-1][1] == wanted


COMPARED = [
    ("科普经费80万元，上年同期为60万元", "fin_literacy_budget", "2020-H1"),
    ("发放科普资料8000份（去年同期6500份）", "sp_material_distributed_count", "2020-H1"),
    ("举办科普讲座36场。上年同期为30场", "sp_lecture_count", "2020-H1"),
    ("举办科普讲座36场，听众3000人，上年同期分别为30场和2800人", "sp_lecture_persontimes", "2020-H1"),
    ("举办科普讲座36场，去年举办展览30次", "sp_exhibition_count", "2020-H1"),
    ("举办科普讲座36场，比上年同期的30场增加6场", "sp_lecture_count", "2021-H1"),
]


@pytest.mark.parametrize(("text", "indicator", "period"), COMPARED)
def test_what_is_compared_is_of_the_same_thing_and_a_figure_of_last_year_of_its_period(
    text: str, indicator: str, period: str
) -> None:
    read = _read(text, "2021-H1")
    assert read[0].period == "2021-H1"
    assert (read[-1].status, read[-1].indicator_code, read[-1].period) == ("reference", indicator, period)
    assert {one.scope for one in read} == {"own"}


# ---- what holds of every text

WORDS = [
    *"0123456789一二三十百千万亿余多近约%，。；、：（）“”《》*X_\n ",
    *(
        "场次",
        "人次",
        "个",
        "科普讲座",
        "发放资料",
        "计划",
        "其中",
        "2021年",
        "企业科协(个)",
        "同比",
        "合格率",
        "每年",
        "第",
        "名",
    ),
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=60).map("".join)


@settings(max_examples=300, deadline=None)
@given(text=st.one_of(TEXTS, st.text(max_size=200)))
def test_any_text_is_read_with_true_quotes_that_do_not_overlap(text: str) -> None:
    last = 0
    for one in _read(text):
        assert one.quote == text[one.start : one.end]
        assert last <= one.start < one.end
        last = one.end
        known = [figure for figure in (one.low, one.value, one.high) if figure is not None]
        assert known == sorted(known)
        assert one.state in ("number", "redacted")
        assert not (one.state == "redacted" and one.value is not None)


@settings(max_examples=100, deadline=None)
@given(
    other=st.sampled_from(["气象良好。", "会议研究了有关工作。", "大家精神饱满，干劲十足。"]), count=st.integers(1, 5)
)
def test_sentences_without_numbers_around_change_nothing_in_the_readings(other: str, count: int) -> None:
    text = "举办科普讲座36场，听众3000余人。\n发放科普资料2万份。"
    alone = [one[3:] for one in _read(text)]
    assert [one[3:] for one in _read(f"{other * count}\n{text}\n{other}")] == alone


@pytest.mark.parametrize(
    "repeated",
    ["9", "一", "*", "，", "“", "1,", "（", "近", "9万", "计划", "科普", " 1 ", "X", "1-", "第", "讲座5场、"],
)
def test_a_long_run_of_one_thing_takes_no_long_time(repeated: str) -> None:
    _read(repeated * 8_000)


PIECES = [
    *(
        "9",
        "一",
        "余",
        "万",
        "1，",
        "1,000",
        "3.14",
        "*",
        "1-",
        "近",
        "（",
        "）",
        "“",
        "《",
        "第",
        "其中",
        "分别",
        "计划",
        "累计",
        "每村",
    ),
    *(
        "讲座5场、",
        "近5场，",
        "合格率98",
        "联合农业局、",
        "参与",
        "到2025年",
        "一、2022年工作计划\n",
        "企业科协（个） 3 4\n",
        "\n",
        "。",
    ),
]
LONG, TIMES_LONGER, ALLOWED = 2_000, 8, 3


@settings(max_examples=25, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), in_turn=st.booleans())
def test_time_grows_with_the_length_of_a_text_whatever_it_is_made_of(pieces: list[str], in_turn: bool) -> None:
    def seconds(length: int) -> float:
        turns = length // sum(map(len, pieces))
        text = "".join(pieces) * turns if in_turn else "".join(piece * turns for piece in pieces)
        began = time.process_time()
        _read(text)
        return time.process_time() - began

    # A moment of the machine's own must not count as the text's.
    short = max(seconds(LONG) for _ in range(2))
    long = min(seconds(LONG * TIMES_LONGER) for _ in range(2))
    assert long < max(short, 0.01) * TIMES_LONGER * ALLOWED
