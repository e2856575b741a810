//! Rows of tariffs, trips and bills.

use super::work::patient;
use crate::imports::headers::Column;
use crate::imports::record::{Key, Line};
use crate::kernel::{Date, Fen, Patient, Reason};
use crate::savings::bill::{MOST_FEN, Settled};
use crate::savings::policy::{CareSetting, CompanionGround};
use crate::savings::tariff::TariffGrade;
use crate::savings::{Cases, Component, EvidenceGrade, PersonClass, TravelMode, Unit};
use crate::sites::DivisionCode;

/// A version of a tariff, to be entered.
#[derive(Clone, Debug)]
pub struct TariffRecord {
    /// What is priced.
    pub component: Component,
    /// Where the journey begins.
    pub origin: Option<DivisionCode>,
    /// Where it ends, or the price holds.
    pub destination: Option<DivisionCode>,
    /// By what.
    pub mode: Option<TravelMode>,
    /// For whom.
    pub person_class: PersonClass,
    /// Which care; may be empty.
    pub item: String,
    /// In the component's unit.
    pub values: Cases<i64>,
    /// First day.
    pub valid_from: Date,
    /// First day after it.
    pub valid_to: Option<Date>,
    /// Who published it, and where.
    pub source: String,
    /// SHA-256 of the document; may be empty.
    pub source_hash: String,
    /// How good the source is.
    pub grade: TariffGrade,
}

/// A trip that was not made, or made in vain.
#[derive(Clone, Debug)]
pub struct TripRecord {
    /// What was done on its account.
    pub activities: Vec<Key>,
    /// The session that wasn't held.
    pub session: Option<Key>,
    /// Whose it is, where the activities don't say it.
    pub patient: Option<Patient>,
    /// The service date.
    pub date: Option<Date>,
    /// The patient's home.
    pub origin: DivisionCode,
    /// Where the patient would have gone.
    pub destination: DivisionCode,
    /// Where care was given; none: the site's.
    pub near: Option<DivisionCode>,
    /// Who would have travelled: the patient's fare, where they sleep, whether they earn, why somebody goes along, how many.
    pub journey: Option<(PersonClass, CareSetting, bool, Vec<CompanionGround>, i64)>,
    /// How it is known.
    pub evidence: Option<EvidenceGrade>,
    /// Its record.
    pub evidence_record: String,
    /// The sessions whose patients were asked.
    pub asked: Vec<Key>,
    /// How the patient is insured.
    pub insured: Option<PersonClass>,
    /// Which care; may be empty.
    pub item: String,
    /// Whether it was a follow-up.
    pub follow_up: bool,
    /// A journey onward for the same problem, and what says so.
    pub onward: Option<(Date, String)>,
}

/// A settled bill.
#[derive(Clone, Debug)]
pub struct BillRecord {
    /// The trip that it hangs on.
    pub trip: Key,
    /// Its parts, which add up.
    pub settled: Settled,
    /// How the patient is insured.
    pub insured: Option<PersonClass>,
    /// Which care; may be empty.
    pub item: String,
    /// What the household paid the expert outside it.
    pub fee: Fen,
}

const PLACE: &str = "not a division code: six digits for a county, nine for a township";

fn place(line: &mut Line<'_>, column: Column) -> Option<DivisionCode> {
    line.shaped(column, Reason::Malformed, PLACE, DivisionCode::parse)
}

/// An amount of money from 0 to what a record takes.
fn amount(line: &mut Line<'_>, column: Column) -> Option<Fen> {
    let amount = line.yuan(column)?;
    if (Fen::ZERO..=Fen::new(MOST_FEN)).contains(&amount) {
        return Some(amount);
    }
    line.refuse(column, Reason::OutOfRange, "not between 0 and ten billion yuan");
    None
}

/// Reads a tariff: amounts in yuan, shares in per cent, both with two decimals.
pub fn tariff(line: &mut Line<'_>) -> Option<(Key, TariffRecord)> {
    let key = line.key(Column::Id);
    let component: Option<Component> = line.choice(Column::Component);
    let (origin, destination) = (place(line, Column::Origin), place(line, Column::Destination));
    let mode = line.choice(Column::TravelMode);
    let person_class = line.choice(Column::PersonClass);
    let item = line.text_or_empty(Column::Item, 64);
    let [low, base, high] = [Column::Low, Column::Base, Column::High].map(|column| {
        let value = amount(line, column)?.get();
        match component?.unit() {
            // Hundredths of a per cent, as fen are hundredths of a yuan.
            Unit::BasisPoints if value > 10_000 => {
                line.refuse(column, Reason::OutOfRange, "not between 0 and 100 per cent");
                None
            }
            Unit::BasisPoints | Unit::FenPerLeg | Unit::FenPerNight | Unit::FenPerDay | Unit::FenPerEncounter => {
                Some(value)
            }
        }
    });
    let (valid_from, valid_to) = (line.date(Column::FromDate), line.date(Column::ToDate));
    let source = line.text(Column::Document, 300);
    let hash = "not 64 hexadecimal digits in lower case";
    let shaped = |text: &str| {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 64 && digits).then(|| text.to_owned())
    };
    let source_hash = line.shaped(Column::SourceHash, Reason::Malformed, hash, shaped).unwrap_or_default();
    let grade = line.choice(Column::TariffGrade);
    let record = TariffRecord {
        component: component?,
        origin,
        destination,
        mode,
        person_class: person_class?,
        item,
        values: Cases::new(low?, base?, high?),
        valid_from: valid_from?,
        valid_to,
        source: source?,
        source_hash,
        grade: grade?,
    };
    Some((key?, record))
}

/// Reads a trip; one without activities names the session to which somebody came in vain, and who.
pub fn trip(line: &mut Line<'_>) -> Option<(Key, TripRecord)> {
    let key = line.key(Column::Id);
    let activities = line.keys(Column::Activities, 50);
    if activities.is_empty() {
        let why = "needs the activities, or the session that wasn't held with the patient's token";
        line.require(Column::Session, why);
        line.require(Column::PatientToken, why);
    } else {
        line.forbid(Column::Session, "the activities say it");
    }
    let session = line.key(Column::Session);
    let patient = patient(line);
    let date = line.date(Column::Date);
    let (origin, destination) = (place(line, Column::Origin), place(line, Column::Destination));
    let near = place(line, Column::Near);
    let journey = journey(line);
    let evidence: Option<EvidenceGrade> = line.choice(Column::Evidence);
    let evidence_record = line.text_or_empty(Column::EvidenceRecord, 200);
    let asked = line.keys(Column::AskedSessions, 20);
    let insured = line.choice(Column::Insured);
    let item = line.text_or_empty(Column::Item, 64);
    let follow_up = yes(line, Column::FollowUp);
    let onward = line.date(Column::OnwardDate);
    if onward.is_some() {
        line.require(Column::OnwardDocument, "needs the slip or the extract that says so");
    }
    let document = line.text_or_empty(Column::OnwardDocument, 100);
    let record = TripRecord {
        activities,
        session,
        patient,
        date,
        origin: origin?,
        destination: destination?,
        near,
        journey,
        evidence,
        evidence_record,
        asked,
        insured,
        item,
        follow_up,
        onward: onward.map(|date| (date, document)),
    };
    Some((key?, record))
}

/// Who would have travelled: known where the row says where the patient would have slept.
fn journey(line: &mut Line<'_>) -> Option<(PersonClass, CareSetting, bool, Vec<CompanionGround>, i64)> {
    let class: Option<PersonClass> = line.choice(Column::PersonClass);
    let setting = line.choice(Column::Setting);
    let earns = yes(line, Column::Earns);
    let grounds = line.choices(Column::Grounds);
    let companions = line.count(Column::Companions, 0..=10).unwrap_or(0);
    let class = class.unwrap_or(PersonClass::Adult);
    match class {
        PersonClass::Adult | PersonClass::Child | PersonClass::Senior => {}
        PersonClass::Any | PersonClass::ResidentInsured | PersonClass::EmployeeInsured | PersonClass::Uninsured => {
            line.refuse(Column::PersonClass, Reason::Inconsistent, "a patient is an adult, a child or a senior");
        }
    }
    Some((class, setting?, earns, grounds, companions))
}

/// 是 or 否; blank is no.
fn yes(line: &mut Line<'_>, column: Column) -> bool {
    let known = |word: &str| match word {
        "是" | "有" | "Y" | "y" | "yes" | "YES" | "true" | "TRUE" | "1" => Some(true),
        "否" | "无" | "N" | "n" | "no" | "NO" | "false" | "FALSE" | "0" => Some(false),
        _ => None,
    };
    line.shaped(column, Reason::UnknownValue, "not 是 or 否", known).unwrap_or_default()
}

/// Reads a bill; its parts must add up.
pub fn bill(line: &mut Line<'_>) -> Option<(Key, BillRecord)> {
    let key = line.key(Column::Id);
    let trip = line.key(Column::Trip);
    let currency = |word: &str| matches!(word, "CNY" | "RMB" | "人民币" | "元").then_some(());
    let mixed = "not CNY: amounts of several currencies are never added";
    line.shaped(Column::Currency, Reason::Inconsistent, mixed, currency);
    let columns = [Column::Total, Column::InScope, Column::Deductible, Column::FundPaid, Column::Cash];
    let [total, in_scope, deductible, fund_paid, cash] = columns.map(|column| amount(line, column));
    let assistance = amount(line, Column::Assistance).unwrap_or(Fen::ZERO);
    let fee = amount(line, Column::ExpertFee).unwrap_or(Fen::ZERO);
    let insured = line.choice(Column::Insured);
    let item = line.text_or_empty(Column::Item, 64);
    let settled = Settled {
        total: total?,
        in_scope: in_scope?,
        deductible: deductible?,
        fund_paid: fund_paid?,
        assistance,
        cash: cash?,
    };
    for violation in settled.violations("").unwrap_or_default() {
        let column = match violation.field.trim_start_matches('.') {
            "in_scope_fen" => Column::InScope,
            "deductible_fen" => Column::Deductible,
            "fund_paid_fen" => Column::FundPaid,
            _total => Column::Total,
        };
        line.refuse(column, violation.reason, violation.description);
    }
    Some((key?, BillRecord { trip: trip?, settled, insured, item, fee }))
}
