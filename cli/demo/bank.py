"""The bank that does not exist: where it is, who works there, what it sells, what its people write."""

from __future__ import annotations

from typing import Final

CITIES: Final[dict[str, tuple[int, tuple[str, ...]]]] = {
    "苏州": (13, ("观前支行", "工业园区支行", "吴中支行", "昆山支行")),
    "南京": (11, ("新街口支行", "河西支行", "江宁支行", "鼓楼支行")),
    "上海": (11, ("陆家嘴支行", "徐汇支行", "静安支行", "松江支行")),
    "杭州": (8, ("武林支行", "滨江支行", "萧山支行")),
    "无锡": (7, ("梁溪支行", "江阴支行", "滨湖支行")),
    "北京": (7, ("中关村支行", "朝阳门支行", "亦庄支行")),
    "广州": (6, ("天河支行", "越秀支行", "番禺支行")),
    "深圳": (6, ("福田支行", "南山支行", "龙岗支行")),
    "成都": (6, ("春熙路支行", "高新支行", "武侯支行")),
    "宁波": (5, ("鄞州支行", "海曙支行")),
    "武汉": (5, ("江汉支行", "光谷支行")),
    "合肥": (4, ("蜀山支行", "政务区支行")),
    "重庆": (4, ("解放碑支行", "渝北支行")),
    "西安": (3, ("钟楼支行", "高新支行")),
    "郑州": (3, ("二七支行", "郑东新区支行")),
    "青岛": (3, ("市南支行", "崂山支行")),
    "长沙": (3, ("芙蓉支行", "岳麓支行")),
    "天津": (2, ("和平支行", "滨海支行")),
    "厦门": (2, ("思明支行", "湖里支行")),
}
"""Cities with their shares in a hundred complaints, and the branches there."""

EAST: Final = ("苏州", "南京", "上海", "杭州", "无锡", "宁波")
"""Served by the computing centre that failed."""
WEST: Final = ("成都", "重庆")
"""Where card statements came with a new fee."""

SEGMENTS: Final = {"个人": 70, "财富客户": 11, "小微企业": 12, "公司": 4, "私人银行": 3}

PRODUCTS: Final[dict[str, tuple[str, ...]]] = {
    "service": ("柜面服务", "客服热线"),
    "account": ("一类借记卡", "二类账户", "定期存款", "大额存单"),
    "credit_card": ("标准信用卡金卡", "联名信用卡", "白金信用卡", "账单分期"),
    "loan": ("个人住房贷款", "消费贷", "经营贷", "公积金贷款"),
    "wealth": ("净值型理财", "代销基金", "两全保险", "结构性存款"),
    "ebank": ("手机银行", "企业网银", "个人网银"),
    "rights": ("短信通知", "一类借记卡", "消费贷", "标准信用卡金卡"),
}
"""By group of the category; complaints about other things name none."""

AMOUNTS: Final[dict[str, tuple[float, float]]] = {
    "atm_and_cash": (800, 0.9),
    "card_fees": (320, 1.0),
    "card_repayment": (4_000, 1.1),
    "deposit_interest": (600, 1.2),
    "fees_and_charges": (60, 1.0),
    "fraud_and_theft": (9_000, 1.4),
    "insurance_terms": (20_000, 0.9),
    "loan_pricing": (3_500, 1.2),
    "loan_repayment": (5_000, 1.0),
    "payments_and_transfers": (2_500, 1.5),
    "sales_misconduct": (60_000, 1.0),
    "wealth_returns": (30_000, 1.2),
}
"""Median of the money in dispute, in yuan, and the spread of its logarithm."""

BUSINESS_CHANNELS: Final = {
    "mobile_banking": "移动客户端",
    "online_banking": "网银",
    "atm_and_cash": "自助机具",
    "service_attitude": "营业现场",
    "processing_efficiency": "营业现场",
    "account_opening": "营业现场",
    "operational_error": "营业现场",
    "sales_misconduct": "营业现场",
    "marketing_disturbance": "电话",
    "debt_collection": "电话",
    "payments_and_transfers": "第三方渠道",
}
"""业务办理渠道, where the category leaves little doubt."""

FACETS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "business": {
        "service": ("人民币储蓄", "借记卡", "信用卡"),
        "account": ("借记卡", "人民币储蓄"),
        "wealth": ("自营理财", "银行代理业务"),
        "ebank": ("支付结算", "借记卡"),
        "rights": ("借记卡", "信用卡", "贷款"),
        "other": ("其他",),
    },
    "cause": {
        "account": ("定价收费", "信息披露"),
        "credit_card": ("管理制度、业务规则与流程", "自主选择权"),
        "wealth": ("信息披露", "营销方式和手段"),
        "ebank": ("服务设施、设备、业务系统", "管理制度、业务规则与流程"),
        "rights": ("管理制度、业务规则与流程", "消费者信息安全"),
        "other": ("其他",),
    },
}
"""What a reviewer says where the category leaves an axis open, by its group."""

STAFF: Final[dict[str, tuple[str, ...]]] = {
    "branch_service": ("孙悦", "高志远"),
    "operations": ("何静怡", "马俊"),
    "personal_banking": ("林晓东", "郭敏"),
    "credit_card_center": ("罗倩", "梁伟", "宋佳"),
    "retail_credit": ("谢涛", "韩雪"),
    "wealth_management": ("唐婉", "冯磊"),
    "digital_banking": ("于洋", "董洁"),
    "settlement": ("萧然", "程诚"),
    "fraud_desk": ("曹毅", "袁媛"),
    "consumer_protection": ("邓琳", "许航"),
    "asset_protection": ("傅强", "沈冰"),
    "credit_management": ("曾珊", "彭飞"),
    "triage": ("周敏", "吕岩"),
}
"""Who works on cases, by department."""

APPROVER: Final = "消保部总经理 贺建国"

ANSWERED: Final = (
    "已致电客户，确认诉求，告知处理时限",
    "已联系客户核实情况，转相关人员调查",
    "已短信答复并约定回电时间",
    "客户要求书面答复，已登记",
)
RESOLVED: Final[dict[str, tuple[str, ...]]] = {
    "service": ("已向客户致歉，对涉事人员批评教育，客户接受", "网点增开窗口，已回复客户"),
    "account": ("资料补齐后已恢复账户功能", "已按告知利率补计差额，客户认可"),
    "credit_card": ("经核实减免争议费用，已入账", "已说明计息规则，客户表示理解", "重新评估后调整，客户接受"),
    "loan": ("已出具还款明细并说明，客户认可", "已完成审批并告知结果", "退还多收费用"),
    "wealth": ("调取双录核查，已向客户说明产品风险", "协商一致，按条款办理退保"),
    "ebank": ("故障已修复，客户确认可正常使用", "指导客户更新版本后恢复", "已补发验证码通道，功能正常"),
    "rights": ("已停止拨打并加入免打扰名单", "已更正并上报征信中心", "费用已退回原账户", "已协助客户报案并止付"),
    "other": ("已答复客户咨询", "已转达建议，感谢客户"),
}
"""How a case ended, by group of its category."""

WITHDRAWN: Final = ("客户来电撤诉，问题已自行解决", "客户表示误解，撤回投诉")
EXTENDED: Final = ("需调取历史录音和双录，暂未取得", "涉及第三方机构核实，等待回函", "客户外地出差，约定下周面谈")
REOPENED: Final = ("客户回访时表示问题仍未解决", "客户对处理结果不满意，要求重新处理", "承诺退费未到账")
RETURNED: Final = ("经核实不属于本部门职责", "客户实际反映的是别的问题，请改派", "非本中心业务，请转主办部门")

RULES: Final = """\
# ---- After the outage: a fault of many is worked on as one.

[[rule]]
name = "电子银行故障"
why = "手机银行和网银故障往往一片一片来，单列队列，4小时内先答复，运营一起查"
when.category = ["mobile_banking", "online_banking"]
then.priority = "P2"
then.queue = "incident"
then.co_departments = ["operations"]
then.first_response = { minutes = 240 }

[[rule]]
name = "催收与个人信息"
why = "容易升级到监管，消保一起看，8小时内先答复"
when.category = ["debt_collection", "information_security"]
then.priority = "P2"
then.co_departments = ["consumer_protection"]
then.first_response = { minutes = 480 }

"""
"""What the rules got in the middle of the quarter."""
RULES_BEFORE: Final = "# ---- Who owns it."
"""Where in the file that came with the program."""
RULES_WHY: Final = "手机银行故障复盘：同类故障单列队列、缩短首次回应；催收和个人信息投诉消保同步介入"
