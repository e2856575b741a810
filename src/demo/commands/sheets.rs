//! Attests the demo's records: by an office that recorded none of them, and again where a dispute had no ground.

use super::drafts::id;
use super::loader::{Loader, present};
use crate::activities::Activities;
use crate::activities::commands::{AttestSheet, DismissDispute};
use crate::activities::queries::PreviewSheet;
use crate::activities::sheet::{Check, Finding, Scope};
use crate::demo::{About, Sheet};
use crate::kernel::{Error, Id, Name, Result};

/// Who attests, and who judges disputes: offices, never persons.
const AUDITOR: &str = "demo-auditor";
const JUDGE: &str = "demo-judge";

/// What differs, where something does.
const NOTE: &str = "门诊日志与登记不一致（合成）";

impl Loader<'_> {
    /// One sheet, and what becomes of its dispute.
    pub(super) async fn sheet(&self, sheet: &Sheet) -> Result<()> {
        let programme = &self.drafts.programme;
        let scope = self.scope(sheet)?;
        let disputed = sheet.disputed.as_deref().map(id).transpose()?;
        self.attest(&sheet.id, scope.clone(), disputed.as_ref()).await?;
        if let Some(disputed) = disputed.filter(|_| sheet.dismissed) {
            let name = Name::<Activities>::new(programme.clone(), disputed);
            present(self.write_as(JUDGE, DismissDispute { name, etag: None }).await)?;
            self.attest(&format!("{}-again", sheet.id), scope, None).await?;
        }
        self.advance(1);
        Ok(())
    }

    fn scope(&self, sheet: &Sheet) -> Result<Scope> {
        let gone = || Error::Internal("a sheet of the demo is about nothing");
        match sheet.about {
            About::Session(session) => Ok(Scope::Session(id(&self.plan.sessions.get(session).ok_or_else(gone)?.id)?)),
            About::Days(site, from, to) => {
                Ok(Scope::Days { site: id(&self.plan.sites.get(site).ok_or_else(gone)?.id)?, from, to })
            }
        }
    }

    /// Everything that has to be looked up again agrees, but for what differs.
    async fn attest(&self, sheet: &str, scope: Scope, differs: Option<&Id>) -> Result<()> {
        let programme = &self.drafts.programme;
        let read = self.db.read(PreviewSheet { programme: programme.clone(), scope: scope.clone() }).await?;
        let is_covered = |id: &Id| read.recorded.iter().any(|line| line.name.id() == id);
        let differs = differs.filter(|id| is_covered(id));
        let agrees = read.to_check.iter().filter(|id| Some(*id) != differs);
        let agrees = agrees.map(|id| Check { activity: id.clone(), finding: Finding::Agrees, note: String::new() });
        let differs =
            differs.map(|id| Check { activity: id.clone(), finding: Finding::Differs, note: NOTE.to_owned() });
        let checks = agrees.chain(differs).collect();
        let name = Name::new(programme.clone(), id(sheet)?);
        present(self.write_as(AUDITOR, AttestSheet { name, scope, digest: read.digest, checks }).await)
    }
}
