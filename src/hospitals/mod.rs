//! Hospitals: the institutions that experts come from, that receive patients, or that a patient would have gone to.
//!
//! Every name and alias leads to one hospital of a programme, so that a county's own tables can be read without
//! guessing. Not here: where sessions happen (`sites`), who works in a hospital and since when (`experts`).

use std::collections::{HashMap, HashSet};

use crate::kernel::{Collection, Error, ExternalId, Id, Mask, Meta, Name, Reason, Result, vocabulary};

pub mod commands;
pub mod queries;
pub mod service;
pub mod store;
mod wire;

/// The collection `hospitals`.
pub enum Hospitals {}

impl Collection for Hospitals {
    const COLLECTION: &'static str = "hospitals";
}

vocabulary! {
    /// What kind of hospital it is, by the rank that a county's reports use; the first that fits.
    pub enum HospitalLevel: "HospitalLevel" {
        /// 省部级重点医院.
        ProvincialKey = 1 => "PROVINCIAL_KEY",
        /// 三级医院: another tertiary hospital.
        Tertiary = 2 => "TERTIARY",
        /// 县级医院, whatever its grade.
        County = 3 => "COUNTY",
        /// 二级医院: another secondary hospital.
        Secondary = 4 => "SECONDARY",
        /// 基层医疗卫生机构.
        Primary = 5 => "PRIMARY",
        /// None of these.
        Other = 6 => "OTHER",
    }
}

/// A hospital 医院.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hospital {
    /// `programmes/{programme}/hospitals/{hospital}`.
    pub name: Name<Hospitals>,
    /// What can be changed.
    pub profile: Profile,
    /// Revision and times.
    pub meta: Meta,
}

/// The fields that an update can replace.
pub const FIELDS: &[&str] = &["display_name", "aliases", "level", "city", "credit_code", "external_ids"];

/// What an update can replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The official name, 1 to 100 characters.
    pub display_name: String,
    /// At most 20 others, 1 to 100 characters each.
    pub aliases: Vec<String>,
    /// What kind of hospital it is.
    pub level: HospitalLevel,
    /// The city it is in, at most 50 characters; empty: not known.
    pub city: String,
    /// 统一社会信用代码, if known.
    pub credit_code: Option<CreditCode>,
    /// At most 20 identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

impl Profile {
    /// Its display name and then its aliases, each with the key under which it is found.
    pub fn names(&self) -> impl Iterator<Item = (NameKey, &str)> {
        std::iter::once(&self.display_name).chain(&self.aliases).map(|name| (NameKey::of(name), name.as_str()))
    }

    /// This profile with the fields of another that a mask has.
    pub fn updated(&self, mask: &Mask, with: &Self) -> Self {
        let pick = |field: &str| if mask.has(field) { with } else { self };
        Self {
            display_name: pick("display_name").display_name.clone(),
            aliases: pick("aliases").aliases.clone(),
            level: pick("level").level,
            city: pick("city").city.clone(),
            credit_code: pick("credit_code").credit_code.clone(),
            external_ids: pick("external_ids").external_ids.clone(),
        }
    }

    /// Refuses a name that stands twice in this profile, which an update of one of the two can bring about.
    ///
    /// Errors: `INVALID_FIELDS` with the later of the two.
    pub fn refuse_repeated_name(&self) -> Result<()> {
        match self.repeated_name() {
            Some(position) => Err(Error::field(name_field(position), Reason::Duplicate, "stands twice")),
            None => Ok(()),
        }
    }

    /// How large it is in an answer, in bytes, at most.
    pub fn bytes(&self) -> usize {
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        400 + self.city.len()
            + self.names().map(|(_, name)| 10 + name.len()).sum::<usize>()
            + external_ids.sum::<usize>()
    }

    /// The place of the first name that repeats an earlier one: 0 is the display name, 1 the first alias.
    pub fn repeated_name(&self) -> Option<usize> {
        let mut seen = HashSet::new();
        self.names().position(|(key, _)| !seen.insert(key))
    }
}

/// 统一社会信用代码 (GB 32100-2015): 18 of `[0-9A-HJ-NPQRTUWXY]`. The check digit is not verified: what a county's
/// table says is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditCode(String);

impl CreditCode {
    /// What a valid code looks like, for the caller.
    pub const SHAPE: &'static str = "must be 18 of [0-9A-HJ-NPQRTUWXY]";

    /// The code, if it has the shape.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !"IOSVZ".contains(c));
        (text.len() == 18 && text.chars().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// Its 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A hospital's name as it is compared: without spaces, letter case and the difference of full and half width.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameKey(String);

impl NameKey {
    /// The key of a name. It is empty when the name has nothing but spaces.
    pub fn of(name: &str) -> Self {
        Self(name.chars().map(half_width).filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect())
    }

    /// Its text, as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A full-width form (U+FF01 to U+FF5E) as its ASCII character; any other character as it is.
fn half_width(c: char) -> char {
    match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Refuses names that lead to another hospital already.
///
/// `holders`: which hospital has which of the profile's keys. Errors: `HOSPITAL_NAME_TAKEN` for the first such name.
pub fn refuse_taken_names(name: &Name<Hospitals>, profile: &Profile, holders: &HashMap<NameKey, Id>) -> Result<()> {
    for (position, (key, _)) in profile.names().enumerate() {
        if let Some(holder) = holders.get(&key).filter(|holder| *holder != name.id()) {
            let field = name_field(position);
            let holder = Name::<Hospitals>::new(name.programme().clone(), holder.clone());
            let message = "another hospital of the programme is known by this name";
            return Err(Error::refused(Reason::HospitalNameTaken, message).with("field", field).with("name", holder));
        }
    }
    Ok(())
}

/// The path, in a request, of the name at a position of [`Profile::names`].
pub fn name_field(position: usize) -> String {
    match position.checked_sub(1) {
        None => "hospital.display_name".to_owned(),
        Some(alias) => format!("hospital.aliases[{alias}]"),
    }
}
