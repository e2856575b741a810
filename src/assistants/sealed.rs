//! What identifies an assistant, taken out of the record and put back. Pure.
use super::Assistant;
use crate::experts::sealed::SEALED;
use crate::kernel::{Error, ExternalId, Result};

/// The assistant without display name and external ids; and these, as a text.
///
/// # Errors
/// A storage error, which nothing that is stored causes.
pub fn hidden(assistant: &Assistant) -> Result<(Assistant, String)> {
    let profile = &assistant.profile;
    let sealed = serde_json::to_string(&(&profile.display_name, &profile.external_ids)).map_err(Error::storage)?;
    let mut after = assistant.clone();
    SEALED.clone_into(&mut after.profile.display_name);
    after.profile.external_ids.clear();
    Ok((after, sealed))
}

/// The assistant with what was taken out.
///
/// # Errors
/// A storage error, where the text isn't what [`hidden`] made.
pub fn shown(assistant: &Assistant, sealed: &str) -> Result<Assistant> {
    let (display_name, external_ids): (String, Vec<ExternalId>) =
        serde_json::from_str(sealed).map_err(Error::storage)?;
    let mut after = assistant.clone();
    after.profile.display_name = display_name;
    after.profile.external_ids = external_ids;
    Ok(after)
}
