//! The headings of tariffs, trips and bills.

use super::{Column, Heading, REMARK, may, must};

const INSURED: &[&str] = &["insured", "医保类型", "参保类型"];
const ITEM: &[&str] = &["item", "诊疗项目", "病种", "病种编码"];
const TRIP: &[&str] = &["trip", "行程编号", "就医行程编号"];

pub(super) const TARIFFS: &[Heading] = &[
    must(Column::Id, &["id", "参数编号", "编号", "code"]),
    must(Column::Component, &["component", "参数项目", "测算项目", "项目"]),
    may(Column::Origin, &["origin", "出发地", "出发地区划代码", "居住地区划代码"]),
    may(Column::Destination, &["destination", "目的地", "目的地区划代码", "适用地区划代码"]),
    may(Column::TravelMode, &["mode", "交通方式"]),
    must(Column::PersonClass, &["person_class", "人员类别", "适用人群"]),
    may(Column::Item, ITEM),
    must(Column::Low, &["low", "低值"]),
    must(Column::Base, &["base", "基准值", "基准"]),
    must(Column::High, &["high", "高值"]),
    must(Column::FromDate, &["valid_from", "生效日期", "起始日期"]),
    may(Column::ToDate, &["valid_to", "失效日期"]),
    must(Column::Document, &["source", "来源", "依据文件", "文件"]),
    may(Column::SourceHash, &["source_hash", "来源文件哈希", "文件哈希"]),
    must(Column::TariffGrade, &["grade", "来源等级", "等级"]),
    REMARK,
];

pub(super) const TRIPS: &[Heading] = &[
    must(Column::Id, TRIP_ID),
    may(Column::Activities, &["activities", "服务记录编号", "记录编号", "服务记录"]),
    may(Column::Session, &["session", "场次编号", "场次"]),
    may(Column::PatientToken, &["patient_token", "患者标识", "患者代码", "token"]),
    may(Column::TokenIssuer, &["token_issuer", "标识签发机构", "签发机构", "issuer"]),
    may(Column::Date, &["date", "服务日期", "日期"]),
    must(Column::Origin, &["origin", "居住地区划代码", "出发地", "出发地区划代码"]),
    must(Column::Destination, &["destination", "原就医地区划代码", "目的地", "目的地区划代码"]),
    may(Column::Near, &["near", "就近就医地区划代码", "就诊地区划代码"]),
    may(Column::PersonClass, &["patient_class", "患者类别", "人员类别"]),
    may(Column::Setting, &["setting", "就诊方式", "门诊或住院"]),
    may(Column::Earns, &["patient_earns", "患者是否误工", "是否误工"]),
    may(Column::Grounds, &["companion_grounds", "陪同理由", "陪护理由"]),
    may(Column::Companions, &["companions", "陪同人数", "陪护人数"]),
    may(Column::Evidence, &["evidence", "证据等级", "证据"]),
    may(Column::EvidenceRecord, &["evidence_record", "证据记录", "转诊单号"]),
    may(Column::AskedSessions, &["asked_sessions", "询问场次", "抽样场次"]),
    may(Column::Insured, INSURED),
    may(Column::Item, ITEM),
    may(Column::FollowUp, &["follow_up", "是否复诊", "复诊"]),
    may(Column::OnwardDate, &["onward_date", "转出日期", "再次外出日期"]),
    may(Column::OnwardDocument, &["onward_document", "转出单号", "转院单号"]),
    REMARK,
];

const TRIP_ID: &[&str] = &["id", "行程编号", "就医行程编号", "编号", "code"];

pub(super) const BILLS: &[Heading] = &[
    must(Column::Id, &["id", "结算单号", "就诊流水号", "住院号", "编号", "code"]),
    must(Column::Trip, TRIP),
    must(Column::Total, &["total_yuan", "总费用", "医疗总费用", "费用总额"]),
    must(Column::InScope, &["in_scope_yuan", "范围内费用", "政策范围内费用", "合规费用"]),
    must(Column::Deductible, &["deductible_yuan", "起付线", "起付标准", "本次起付线"]),
    must(Column::FundPaid, &["fund_paid_yuan", "基金支付", "统筹支付", "医保支付"]),
    may(Column::Assistance, &["assistance_yuan", "医疗救助", "救助支付"]),
    must(Column::Cash, &["cash_yuan", "个人支付", "现金支付", "个人现金支付"]),
    may(Column::Currency, &["currency", "币种"]),
    may(Column::ExpertFee, &["expert_fee_yuan", "专家费", "会诊费"]),
    may(Column::Insured, INSURED),
    may(Column::Item, ITEM),
    REMARK,
];
