//! What identifies an expert or an assistant, taken out of the record and put back. Pure.
use serde::{Deserialize, Serialize};

use super::{Consent, Expert, HomeTie, HomeTieKind, LicenceHash, Standing};
use crate::kernel::{Error, ExternalId, Result};
use crate::sites::DivisionCode;

/// What stands where a text was that identified somebody.
pub const SEALED: &str = "（已封存）";

#[derive(Serialize, Deserialize)]
struct Sealed {
    display_name: String,
    scope: String,
    licence: Option<String>,
    home_ties: Vec<(HomeTieKind, Option<String>, String, Consent)>,
    external_ids: Vec<ExternalId>,
}

/// The expert without what identifies, paused where plans were open; and what was taken out, as a text.
///
/// # Errors
/// `Internal`, which nothing that is stored causes.
pub fn hidden(expert: &Expert) -> Result<(Expert, String)> {
    let profile = &expert.profile;
    let division = |tie: &HomeTie| tie.division.as_ref().map(|division| division.as_str().to_owned());
    let tie = |tie: &HomeTie| (tie.kind, division(tie), tie.place.clone(), tie.consent.clone());
    let sealed = Sealed {
        display_name: profile.display_name.clone(),
        scope: profile.scope.text.clone(),
        licence: expert.licence.as_ref().map(|licence| licence.as_str().to_owned()),
        home_ties: profile.home_ties.iter().map(tie).collect(),
        external_ids: profile.external_ids.clone(),
    };
    let mut after = expert.clone();
    SEALED.clone_into(&mut after.profile.display_name);
    after.profile.scope.text.clear();
    after.profile.home_ties.clear();
    after.profile.external_ids.clear();
    after.licence = None;
    if after.roster.standing == Standing::Active {
        after.roster.standing = Standing::Paused { until: None };
    }
    Ok((after, serde_json::to_string(&sealed).map_err(Error::storage)?))
}

/// The expert with what was taken out of it. A pause stays.
///
/// # Errors
/// A storage error, where the text isn't what [`hidden`] made.
pub fn shown(expert: &Expert, sealed: &str) -> Result<Expert> {
    let Sealed { display_name, scope, licence, home_ties, external_ids } =
        serde_json::from_str(sealed).map_err(Error::storage)?;
    let mut after = expert.clone();
    after.profile.display_name = display_name;
    after.profile.scope.text = scope;
    after.licence = licence.map(LicenceHash::stored);
    after.profile.external_ids = external_ids;
    let tie = |(kind, division, place, consent): (HomeTieKind, Option<String>, String, Consent)| {
        let division =
            division.map(|code| DivisionCode::parse(&code).ok_or_else(|| Error::storage("a sealed division is none")));
        Ok(HomeTie { kind, division: division.transpose()?, place, consent })
    };
    after.profile.home_ties = home_ties.into_iter().map(tie).collect::<Result<_>>()?;
    Ok(after)
}
