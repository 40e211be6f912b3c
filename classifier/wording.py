"""Taiwan and Hong Kong banking words and what they are called on the mainland.

Applied to traditional text only, after its characters were simplified. A general phrase table does harm here (it turns
存取款 into 访问款), so the list is ours and short. A word that stands for itself shields what it contains: 行员 is a
teller, but not in 银行员工.
"""

from __future__ import annotations

from typing import Final

_PAIRS: Final = """
网路银行 网上银行    网路 网络    网银 网银    行动银行 手机银行
行动支付 移动支付    行动装置 手机    程式 程序    小程式 小程序
软体 软件    萤幕 屏幕    登入 登录    登出 退出
简讯 短信    讯息 消息    资讯 信息    视讯 视频
客服专员 客服    理专 理财经理    帐户 账户    帐号 账号
帐单 账单    帐务 账务    转帐 转账    入帐 入账
对帐 对账    到帐 到账    扣帐 扣账    销帐 销账
呆帐 呆账    进帐 进账    银行户口 银行账户    储蓄户口 储蓄账户
户口结单 账户账单    月结单 账单    信用咭 信用卡    提款咭 银行卡
扣账卡 借记卡    金融卡 银行卡    提款卡 银行卡    提款机 取款机
柜员机 取款机    存簿 存折    行员 柜员    银行员 银行柜员
银行员工 银行员工    柜枱 柜台    枱 台    联征 征信
信用报告 征信报告    循环信用 循环利息    预借现金 取现    红利点数 积分
刷卡金 返现金    缴款 还款    缴清 还清    转数快 快速转账
保安编码器 密码器    编码器 密码器    流动理财 手机银行    流动电话 手机
债仔 债务人    收数 催收    讨债公司 催收公司    金管会 金融监管局
银行公会 银行协会    人头帐户 人头账户    盗领 盗取
"""

_WORDS: Final = _PAIRS.split()

TRADITIONAL_WORDING: Final = dict(sorted(zip(_WORDS[::2], _WORDS[1::2], strict=True), key=lambda pair: -len(pair[0])))
"""From Taiwan or Hong Kong word (in simplified characters) to mainland word, longest first."""
