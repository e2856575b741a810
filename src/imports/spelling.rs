//! The words that counties write for the values of each vocabulary, as data.
//!
//! A value's own code (`CLINIC`) is always read as well. A new word is an entry in a list here.

use crate::activities::{AssistantPart, ConsultationType, GapLevel, Kind, Performer};
use crate::assistants::PairingRole;
use crate::experts::{ConsentMedium, ExpertTitle, HomeTieKind};
use crate::hospitals::HospitalLevel;
use crate::kernel::{HalfDay, Residence, SessionKind, Vocabulary};
use crate::savings::policy::{CareSetting, CompanionGround};
use crate::savings::tariff::TariffGrade;
use crate::savings::{Component, EvidenceGrade, PersonClass, TravelMode};
use crate::sites::{RoomKind, SiteLevel};

use super::TextEncoding;

/// A vocabulary that tables write in words.
pub trait Spelled: Vocabulary {
    /// Words and what they mean; the first word of a value is the one to show.
    const WORDS: &'static [(&'static str, Self)];

    /// The value of a word, or of a code in any case.
    fn read(word: &str) -> Option<Self> {
        let spelled = Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
        spelled.or_else(|| Self::from_code(&word.to_ascii_uppercase().replace([' ', '-'], "_")))
    }

    /// What may stand there, for people.
    fn expected() -> String {
        let shown = |value: &Self| Self::WORDS.iter().find(|(_, known)| known.number() == value.number());
        let words: Vec<_> = Self::ALL.iter().filter_map(shown).map(|(word, _)| *word).collect();
        format!("not one of {}", words.join("、"))
    }
}

impl Spelled for HospitalLevel {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("省部级重点医院", Self::ProvincialKey),
        ("省级重点医院", Self::ProvincialKey),
        ("省级重点", Self::ProvincialKey),
        ("部级", Self::ProvincialKey),
        ("省级", Self::ProvincialKey),
        ("三级医院", Self::Tertiary),
        ("三级", Self::Tertiary),
        ("三甲", Self::Tertiary),
        ("三级甲等", Self::Tertiary),
        ("市级", Self::Tertiary),
        ("县级医院", Self::County),
        ("县级", Self::County),
        ("二级医院", Self::Secondary),
        ("二级", Self::Secondary),
        ("二甲", Self::Secondary),
        ("二级甲等", Self::Secondary),
        ("基层医疗卫生机构", Self::Primary),
        ("基层", Self::Primary),
        ("一级", Self::Primary),
        ("其他", Self::Other),
    ];
}

impl Spelled for SiteLevel {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("县级医院", Self::CountyHospital),
        ("县级", Self::CountyHospital),
        ("市级", Self::CountyHospital),
        ("乡镇卫生院", Self::TownshipHealthCentre),
        ("乡镇", Self::TownshipHealthCentre),
        ("卫生院", Self::TownshipHealthCentre),
        ("社区卫生服务中心", Self::CommunityCentre),
        ("社区", Self::CommunityCentre),
        ("村卫生室", Self::VillageClinic),
        ("村级", Self::VillageClinic),
        ("其他", Self::Other),
    ];
}

impl Spelled for RoomKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("诊室", Self::Clinic),
        ("坐诊", Self::Clinic),
        ("手术室", Self::Operating),
        ("手术", Self::Operating),
        ("病房", Self::Ward),
        ("查房", Self::Ward),
        ("教室", Self::Lecture),
        ("讲座", Self::Lecture),
        ("远程会诊室", Self::Telemedicine),
        ("远程会诊", Self::Telemedicine),
        ("远程", Self::Telemedicine),
    ];
}

impl Spelled for ExpertTitle {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("主任医师", Self::Chief),
        ("副主任医师", Self::AssociateChief),
        ("主治医师", Self::Attending),
        ("住院医师", Self::Resident),
        ("其他", Self::Other),
    ];
}

impl Spelled for HomeTieKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("出生", Self::Born),
        ("出生地", Self::Born),
        ("祖籍", Self::Ancestral),
        ("求学", Self::Studied),
        ("工作", Self::Worked),
        ("配偶家乡", Self::SpouseHome),
        ("配偶", Self::SpouseHome),
        ("门生", Self::MenteeHere),
        ("学生在此", Self::MenteeHere),
    ];
}

impl Spelled for ConsentMedium {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("短信", Self::Message),
        ("消息", Self::Message),
        ("微信", Self::Message),
        ("电话", Self::Phone),
        ("信函", Self::Letter),
        ("书面", Self::Letter),
        ("当面", Self::InPerson),
    ];
}

impl Spelled for PairingRole {
    const WORDS: &'static [(&'static str, Self)] =
        &[("主", Self::Primary), ("主要", Self::Primary), ("备", Self::Backup), ("后备", Self::Backup)];
}

impl Spelled for SessionKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("坐诊", Self::Clinic),
        ("门诊", Self::Clinic),
        ("手术", Self::Operation),
        ("院外会诊", Self::OutConsultation),
        ("会诊", Self::OutConsultation),
        ("查房", Self::WardRound),
        ("带教", Self::Teaching),
        ("讲座", Self::Lecture),
        ("授课", Self::Lecture),
        ("病例讨论", Self::CaseConference),
        ("远程会诊", Self::RemoteConsultation),
        ("义诊", Self::FreeClinic),
    ];
}

impl Spelled for HalfDay {
    const WORDS: &'static [(&'static str, Self)] = &[("上午", Self::Morning), ("下午", Self::Afternoon)];
}

impl Spelled for Residence {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("本县", Self::OwnCounty),
        ("本市", Self::OwnCounty),
        ("本地", Self::OwnCounty),
        ("周边县", Self::Neighbouring),
        ("周边", Self::Neighbouring),
        ("不详", Self::Unknown),
    ];
}

impl Spelled for Kind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("诊疗", Self::Consultation),
        ("诊疗人次", Self::Consultation),
        ("手术", Self::OperationCase),
        ("手术台次", Self::OperationCase),
        ("人次数", Self::Headcount),
        ("诊疗人次数", Self::Headcount),
        ("带教", Self::Teaching),
        ("讲座", Self::Lecture),
        ("新技术", Self::Technique),
        ("开展新技术", Self::Technique),
        ("填补空白", Self::GapFilled),
        ("带出人员", Self::TrainedStaff),
        ("带出本地人员", Self::TrainedStaff),
    ];
}

impl Spelled for ConsultationType {
    const WORDS: &'static [(&'static str, Self)] = &[("初诊", Self::New), ("复诊", Self::FollowUp)];
}

impl Spelled for AssistantPart {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("观摩", Self::Observed),
        ("协助", Self::Assisted),
        ("一助", Self::Assisted),
        ("指导下主刀", Self::Supervised),
        ("独立主刀", Self::Independent),
        ("独立", Self::Independent),
    ];
}

impl Spelled for GapLevel {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("县级", Self::County),
        ("县", Self::County),
        ("市级", Self::City),
        ("市", Self::City),
        ("省级", Self::Province),
        ("省", Self::Province),
    ];
}

impl Spelled for Performer {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("专家", Self::Expert),
        ("助手", Self::AssistantSupervised),
        ("助手在指导下", Self::AssistantSupervised),
        ("本地", Self::Local),
        ("本地医师", Self::Local),
    ];
}

impl Spelled for TextEncoding {
    const WORDS: &'static [(&'static str, Self)] =
        &[("utf-8", Self::Utf8), ("gb18030", Self::Gb18030), ("gbk", Self::Gb18030), ("gb2312", Self::Gb18030)];
}

impl Spelled for Component {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("车票", Self::Fare),
        ("车费", Self::Fare),
        ("接驳", Self::Feeder),
        ("就近交通", Self::LocalFare),
        ("住宿", Self::RoomNight),
        ("餐费", Self::MealDay),
        ("误工", Self::WageDay),
        ("次均费用", Self::EncounterBill),
        ("医疗费用", Self::EncounterBill),
        ("范围内比例", Self::Scope),
        ("起付线", Self::Deductible),
        ("报销比例", Self::FundRatio),
        ("封顶线", Self::FundCap),
        ("医疗救助", Self::Assistance),
        ("专家费", Self::ExpertFee),
    ];
}

impl Spelled for TravelMode {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("火车", Self::Rail),
        ("高铁", Self::Rail),
        ("长途客车", Self::Coach),
        ("大巴", Self::Coach),
        ("公交", Self::Bus),
        ("公交车", Self::Bus),
        ("出租车", Self::Taxi),
        ("自驾", Self::Car),
    ];
}

impl Spelled for PersonClass {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("不限", Self::Any),
        ("成人", Self::Adult),
        ("儿童", Self::Child),
        ("老年人", Self::Senior),
        ("老人", Self::Senior),
        ("居民医保", Self::ResidentInsured),
        ("城乡居民", Self::ResidentInsured),
        ("城乡居民医保", Self::ResidentInsured),
        ("职工医保", Self::EmployeeInsured),
        ("职工", Self::EmployeeInsured),
        ("未参保", Self::Uninsured),
        ("自费", Self::Uninsured),
    ];
}

impl Spelled for TariffGrade {
    const WORDS: &'static [(&'static str, Self)] =
        &[("官方公布", Self::Official), ("官方", Self::Official), ("调查", Self::Surveyed), ("假设", Self::Assumed)];
}

impl Spelled for EvidenceGrade {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("K1", Self::K1),
        ("转诊记录", Self::K1),
        ("K2", Self::K2),
        ("询问", Self::K2),
        ("K3", Self::K3),
        ("推定", Self::K3),
    ];
}

impl Spelled for CareSetting {
    const WORDS: &'static [(&'static str, Self)] = &[("门诊", Self::Outpatient), ("住院", Self::Inpatient)];
}

impl Spelled for CompanionGround {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("未成年", Self::Minor),
        ("需要照护", Self::Dependent),
        ("失能", Self::Dependent),
        ("麻醉", Self::Anaesthesia),
        ("自述", Self::Declared),
    ];
}
