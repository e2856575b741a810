//! Opening dossiers, papering them, and what ends them.
use super::People;
use crate::credentials::dossier::{papers_due, report_due};
use crate::credentials::{Dossier, DossierPapers, DossierState, Dossiers, store::dossiers};
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::experts::Consent;
use crate::kernel::{
    Change, Collection as _, Date, Error, Etag, ExternalId, Id, Meta, Name, Patient, Reason, Result, Verb, Zone,
};
use crate::persons::{self, Restricted};
use crate::sites;

/// Opens a dossier, with a promise or with every paper.
#[derive(Debug)]
pub struct CreateDossier {
    /// The name to be.
    pub name: Name<Dossiers>,
    /// Who was invited.
    pub expert: Id,
    /// Who else.
    pub co_experts: Vec<Id>,
    /// Where the patient is.
    pub site: Id,
    /// For whom; parsing refuses none.
    pub patient: Option<Patient>,
    /// What for.
    pub purpose: String,
    /// The day that is planned.
    pub planned: Date,
    /// The home hospital's word.
    pub promise: Option<Consent>,
    /// The papers so far; all of them where there is no promise.
    pub papers: DossierPapers,
    /// The day by which papers must be there, where somebody says one.
    pub papers_due: Option<Date>,
    /// The day by which the report is due, where somebody says one.
    pub report_due: Option<Date>,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

/// What a new dossier rests on.
#[derive(Debug)]
pub struct NewDossier {
    exists: bool,
    people: People,
    taken: Vec<(ExternalId, Id)>,
    barred: Restricted,
}

impl CreateDossier {
    fn dossier(&self, zone: Zone, context: &Context<'_>) -> Result<Dossier> {
        let promised = self.promise.as_ref().map_or(self.planned, |promise| zone.date_of(promise.heard_time));
        let patient = self.patient.clone().ok_or(Error::Internal("a dossier was parsed without its patient"))?;
        Ok(Dossier {
            name: self.name.clone(),
            expert: self.expert.clone(),
            co_experts: self.co_experts.clone(),
            site: self.site.clone(),
            patient,
            purpose: self.purpose.clone(),
            planned: self.planned,
            promise: self.promise.clone(),
            papers: self.papers.clone(),
            papers_due: self.papers_due.unwrap_or_else(|| papers_due(promised)),
            report_due: self.report_due.unwrap_or_else(|| report_due(self.planned)),
            reported: None,
            external_ids: self.external_ids.clone(),
            state: self.papers.state(),
            meta: Meta::new(context.now),
        })
    }
}

impl Command for CreateDossier {
    type Facts = NewDossier;
    type Effects = Dossier;
    type Output = Dossier;
    const METHOD: &'static str = "DossierService.CreateDossier";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<NewDossier> {
        let (programme, id) = (self.name.programme(), self.name.id());
        let experts: Vec<Id> = std::iter::once(&self.expert).chain(&self.co_experts).cloned().collect();
        let ids = &self.external_ids;
        Ok(NewDossier {
            exists: !dossiers::many(tx, programme, std::slice::from_ref(id)).await?.is_empty(),
            people: People::load(tx, programme, &experts, std::slice::from_ref(&self.site)).await?,
            taken: external_ids::taken(tx, programme, Dossiers::COLLECTION, ids, Some(id)).await?,
            barred: persons::store::barred(tx, programme, self.patient.iter()).await?,
        })
    }

    fn decide(&self, known: NewDossier, context: &Context<'_>) -> Result<Decision<Dossier, Dossier>> {
        if known.exists {
            return Err(Error::already_exists(&self.name));
        }
        let programme = self.name.programme();
        for expert in std::iter::once(&self.expert).chain(&self.co_experts) {
            known.people.must_have_expert(programme, expert, "create_dossier")?;
        }
        let zone = known.people.zone(programme, &self.site)?;
        external_ids::refuse_taken(programme, Dossiers::COLLECTION, known.taken)?;
        if let Some(patient) = &self.patient {
            known.barred.refuse(patient)?;
        }
        let dossier = self.dossier(zone, context)?;
        let change = Change::created(&dossier.name);
        Ok(Decision::new(dossier.clone(), dossier, vec![change]))
    }

    async fn apply(&self, dossier: &Dossier, tx: &mut Tx<'_>) -> Result<()> {
        dossiers::insert(tx, dossier).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Dossier> {
        let made = names.first().and_then(|name| Name::parse(name).ok());
        dossiers::get(tx, made.as_ref().unwrap_or(&self.name)).await
    }
}

/// What every verb on a dossier does: the dossier afterwards, and its change.
fn decided(after: Dossier, verb: &'static str) -> Decision<Dossier, Dossier> {
    let change = Change::new(&after.name, Verb::new(verb), after.meta.revision);
    Decision::new(after.clone(), after, vec![change])
}

fn check_etag(etag: Option<&str>, dossier: &Dossier) -> Result<()> {
    Etag::check(etag, &dossier.name.to_string(), dossier.meta.revision)
}

/// Adds papers to a dossier; once all are there it is PAPERED.
#[derive(Debug)]
pub struct FileDossierPapers {
    /// The dossier.
    pub name: Name<Dossiers>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The papers; what isn't given stays.
    pub papers: DossierPapers,
}

impl Command for FileDossierPapers {
    type Facts = Dossier;
    type Effects = Dossier;
    type Output = Dossier;
    const METHOD: &'static str = "DossierService.FileDossierPapers";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Dossier> {
        dossiers::get(tx, &self.name).await
    }

    fn decide(&self, before: Dossier, context: &Context<'_>) -> Result<Decision<Dossier, Dossier>> {
        check_etag(self.etag.as_deref(), &before)?;
        let (papers, state) = before.papered(self.papers.clone())?;
        let meta = before.meta.touched(context.now);
        Ok(decided(Dossier { papers, state, meta, ..before }, "file_papers"))
    }

    async fn apply(&self, dossier: &Dossier, tx: &mut Tx<'_>) -> Result<()> {
        dossiers::update(tx, dossier).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Dossier> {
        dossiers::get(tx, &self.name).await
    }
}

/// Records that the expert has reported to the home hospital.
#[derive(Debug)]
pub struct ReportBackDossier {
    /// The dossier.
    pub name: Name<Dossiers>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The day of the report.
    pub reported: Date,
}

impl Command for ReportBackDossier {
    type Facts = (Dossier, Zone);
    type Effects = Dossier;
    type Output = Dossier;
    const METHOD: &'static str = "DossierService.ReportBackDossier";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<(Dossier, Zone)> {
        let dossier = dossiers::get(tx, &self.name).await?;
        let brief = sites::store::briefs(tx, self.programme(), std::slice::from_ref(&dossier.site)).await?;
        let zone = brief.get(&dossier.site).map(|brief| brief.zone);
        Ok((dossier, zone.ok_or(Error::Internal("a dossier's site is gone"))?))
    }

    fn decide(&self, (before, zone): (Dossier, Zone), context: &Context<'_>) -> Result<Decision<Dossier, Dossier>> {
        check_etag(self.etag.as_deref(), &before)?;
        before.must_be_papered()?;
        if self.reported > zone.date_of(context.now) {
            let error = Error::refused(Reason::InTheFuture, "a report that is still to come can't be recorded");
            return Err(error.with("field", "reported_date"));
        }
        let (state, meta) = (DossierState::ReportedBack, before.meta.touched(context.now));
        Ok(decided(Dossier { reported: Some(self.reported), state, meta, ..before }, "report_back"))
    }

    async fn apply(&self, dossier: &Dossier, tx: &mut Tx<'_>) -> Result<()> {
        dossiers::update(tx, dossier).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Dossier> {
        dossiers::get(tx, &self.name).await
    }
}

/// Records that the invitation or a consent was taken back.
#[derive(Debug)]
pub struct WithdrawDossier {
    /// The dossier.
    pub name: Name<Dossiers>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

impl Command for WithdrawDossier {
    type Facts = Dossier;
    type Effects = Dossier;
    type Output = Dossier;
    const METHOD: &'static str = "DossierService.WithdrawDossier";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Dossier> {
        dossiers::get(tx, &self.name).await
    }

    fn decide(&self, before: Dossier, context: &Context<'_>) -> Result<Decision<Dossier, Dossier>> {
        check_etag(self.etag.as_deref(), &before)?;
        before.must_be_open()?;
        let (state, meta) = (DossierState::Withdrawn, before.meta.touched(context.now));
        Ok(decided(Dossier { state, meta, ..before }, "withdraw"))
    }

    async fn apply(&self, dossier: &Dossier, tx: &mut Tx<'_>) -> Result<()> {
        dossiers::update(tx, dossier).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Dossier> {
        dossiers::get(tx, &self.name).await
    }
}
