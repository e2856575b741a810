//! Every enumeration of the code equals the proto's: one line for each.
use homecoming::kernel::{HalfDay, Reason, Residence, SessionKind, Vocabulary};
use homecoming::pb;
use homecoming::{
    access, activities, assistants, audit, bulletins, calendars, charters, credentials, experts, exports, feeds,
    hospitals, imports, persons, programmes, reservations, savings, sessions, sites, tallies, visits,
};
use prost_reflect::DescriptorPool;

/// What a vocabulary and the proto's enum disagree about.
fn differences<V: Vocabulary + PartialEq + std::fmt::Debug>(pool: &DescriptorPool) -> Vec<String> {
    let Some(descriptor) = pool.get_enum_by_name(&format!("homecoming.v1.{}", V::ENUM)) else {
        return vec![format!("{}: no such enum in the protos", V::ENUM)];
    };
    let prefix = screaming(V::ENUM);
    let in_proto: Vec<(i32, String)> =
        descriptor.values().map(|value| (value.number(), value.name().to_owned())).collect();
    let mut in_code = vec![(0, format!("{prefix}_UNSPECIFIED"))];
    in_code.extend(V::ALL.iter().map(|value| (value.number(), format!("{prefix}_{}", value.code()))));
    let mut wrong = Vec::new();
    for value in in_proto.iter().filter(|value| !in_code.contains(value)) {
        wrong.push(format!("{}: {value:?} stands only in the proto", V::ENUM));
    }
    for value in in_code.iter().filter(|value| !in_proto.contains(value)) {
        wrong.push(format!("{}: {value:?} stands only in the code", V::ENUM));
    }
    for value in V::ALL {
        let back = (V::from_number(value.number()), V::from_code(value.code()));
        if back != (Some(*value), Some(*value)) {
            wrong.push(format!("{}: {value:?} doesn't come back", V::ENUM));
        }
    }
    wrong
}

fn registered<V: Vocabulary + PartialEq + std::fmt::Debug>(pool: &DescriptorPool) -> (&'static str, Vec<String>) {
    (V::ENUM, differences::<V>(pool))
}

/// `SessionKind` as proto values begin: `SESSION_KIND`.
fn screaming(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

#[test]
fn every_vocabulary_is_the_protos() {
    let pool = DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
    let compared = [
        registered::<HalfDay>(&pool),
        registered::<Reason>(&pool),
        registered::<Residence>(&pool),
        registered::<SessionKind>(&pool),
        registered::<access::Role>(&pool),
        registered::<programmes::ProgrammeState>(&pool),
        registered::<programmes::SittingUnit>(&pool),
        registered::<bulletins::Language>(&pool),
        registered::<audit::FindingKind>(&pool),
        registered::<hospitals::HospitalLevel>(&pool),
        registered::<imports::Table>(&pool),
        registered::<imports::TextEncoding>(&pool),
        registered::<sessions::CancelCode>(&pool),
        registered::<sessions::CancelParty>(&pool),
        registered::<sessions::EarlyEndCause>(&pool),
        registered::<sessions::Irregularity>(&pool),
        registered::<sessions::predicate::RuleClass>(&pool),
        registered::<sessions::NotHeldCause>(&pool),
        registered::<sessions::SessionState>(&pool),
        registered::<sessions::slots::SlotPurpose>(&pool),
        registered::<sessions::Awaiting>(&pool),
        registered::<sessions::LapseCause>(&pool),
        registered::<sessions::Urgency>(&pool),
        registered::<reservations::AffectedCause>(&pool),
        registered::<reservations::CancelRule>(&pool),
        registered::<reservations::CancelledBy>(&pool),
        registered::<reservations::MoveRule>(&pool),
        registered::<reservations::ReservationState>(&pool),
        registered::<reservations::WaitlistRule>(&pool),
        registered::<reservations::need::NeedState>(&pool),
        registered::<reservations::need::NeedUrgency>(&pool),
        registered::<reservations::register::JobKind>(&pool),
        registered::<visits::VisitDiscrepancy>(&pool),
        registered::<visits::VisitState>(&pool),
        registered::<sites::ClosureCause>(&pool),
        registered::<sites::RoomKind>(&pool),
        registered::<sites::SiteLevel>(&pool),
        registered::<experts::ConsentMedium>(&pool),
        registered::<experts::ExpertState>(&pool),
        registered::<experts::ExpertTitle>(&pool),
        registered::<experts::HomeTieKind>(&pool),
        registered::<exports::Format>(&pool),
        registered::<persons::State>(&pool),
        registered::<assistants::AbsenceKind>(&pool),
        registered::<assistants::AssistantState>(&pool),
        registered::<assistants::PairingRole>(&pool),
        registered::<assistants::search::MatchKind>(&pool),
        registered::<calendars::DayKind>(&pool),
        registered::<calendars::ExpertAbsenceState>(&pool),
        registered::<calendars::OfferMode>(&pool),
        registered::<calendars::OfferState>(&pool),
        registered::<calendars::Weekday>(&pool),
        registered::<charters::CharterLimit>(&pool),
        registered::<credentials::BasisKind>(&pool),
        registered::<credentials::CredentialState>(&pool),
        registered::<credentials::DossierState>(&pool),
        registered::<credentials::Gap>(&pool),
        registered::<credentials::PaperKind>(&pool),
        registered::<activities::AssistantPart>(&pool),
        registered::<activities::ConsultationType>(&pool),
        registered::<activities::GapLevel>(&pool),
        registered::<activities::ladder::SuccessionStage>(&pool),
        registered::<activities::sheet::Finding>(&pool),
        registered::<activities::Irregularity>(&pool),
        registered::<activities::Kind>(&pool),
        registered::<activities::Performer>(&pool),
        registered::<activities::State>(&pool),
        registered::<activities::VoidReason>(&pool),
        registered::<feeds::Language>(&pool),
        registered::<savings::sensitivity::AssumptionKind>(&pool),
        registered::<savings::Part>(&pool),
        registered::<savings::Side>(&pool),
        registered::<savings::Ledger>(&pool),
        registered::<savings::Stratum>(&pool),
        registered::<savings::Component>(&pool),
        registered::<savings::Unit>(&pool),
        registered::<savings::TravelMode>(&pool),
        registered::<savings::PersonClass>(&pool),
        registered::<savings::line::Rule>(&pool),
        registered::<savings::evidence::ProvenanceClass>(&pool),
        registered::<savings::evidence::EvidenceGrade>(&pool),
        registered::<savings::saving::Standing>(&pool),
        registered::<savings::eligibility::Exclusion>(&pool),
        registered::<savings::eligibility::Unknown>(&pool),
        registered::<savings::eligibility::Attendance>(&pool),
        registered::<savings::tariff::TariffGrade>(&pool),
        registered::<savings::versions::TariffState>(&pool),
        registered::<savings::trip::TripState>(&pool),
        registered::<savings::trip::TripCause>(&pool),
        registered::<savings::recomputation::RecomputationState>(&pool),
        registered::<savings::policy::CompanionGround>(&pool),
        registered::<savings::policy::CareSetting>(&pool),
        registered::<savings::county::MethodNature>(&pool),
        registered::<savings::county::MethodUnit>(&pool),
        registered::<savings::published::MoneyBearer>(&pool),
        registered::<tallies::BalanceState>(&pool),
        registered::<tallies::Basis>(&pool),
        registered::<tallies::extract::DiscrepancyKind>(&pool),
        registered::<tallies::extract::DiscrepancyState>(&pool),
        registered::<tallies::extract::Resolution>(&pool),
        registered::<tallies::statement::Cause>(&pool),
        registered::<tallies::statement::StatementKind>(&pool),
        registered::<tallies::Dimension>(&pool),
        registered::<tallies::MeasureSpan>(&pool),
        registered::<tallies::MeasureType>(&pool),
        registered::<tallies::Source>(&pool),
    ];
    let wrong: Vec<&str> = compared.iter().flat_map(|(_, wrong)| wrong).map(String::as_str).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));

    let declared = crate::support::source::files("src").into_iter().flat_map(|file| declared_enums(&file.code));
    let missing: Vec<String> = declared.filter(|name| compared.iter().all(|(compared, _)| compared != name)).collect();
    assert!(missing.is_empty(), "not compared above: {missing:?}");
}

/// The proto names in `pub enum Name: "Proto" {` of a file.
fn declared_enums(code: &str) -> Vec<String> {
    let declaration = |line: &str| {
        let (_, rest) = line.trim().strip_prefix("pub enum ")?.split_once(": \"")?;
        rest.split_once('"').map(|(name, _)| name.to_owned())
    };
    code.lines().filter_map(declaration).collect()
}

#[test]
fn a_difference_is_found() {
    #[derive(Clone, Copy, PartialEq, Debug)]
    struct Wrong;
    impl Vocabulary for Wrong {
        const ENUM: &'static str = "HalfDay";
        const ALL: &'static [Self] = &[Self];
        fn number(self) -> i32 {
            1
        }
        fn code(self) -> &'static str {
            "NOON"
        }
        fn from_number(_: i32) -> Option<Self> {
            None
        }
        fn from_code(_: &str) -> Option<Self> {
            Some(Self)
        }
    }
    let pool = DescriptorPool::decode(pb::DESCRIPTOR_SET).unwrap();
    let wrong = differences::<Wrong>(&pool);
    assert_eq!(
        wrong.len(),
        4,
        "two values only in the proto, one only in the code, one that doesn't come back: {wrong:?}"
    );
    assert_eq!(declared_enums("    pub enum A: \"B\" {\n pub enum C {"), ["B"]);
}
