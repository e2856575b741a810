//! The papers that the demo's sessions rest on, and the time that its experts have offered. All made up, none of anybody's.

use chrono::NaiveTime;

use super::drafts::{Drafts, OFFICE, id};
use crate::calendars::commands::CreateOffer;
use crate::calendars::{OfferMode, Shape, WallTime, Weekday, Weekly};
use crate::credentials::commands::{CreateCredential, CreateDossier, Entry};
use crate::credentials::{BasisKind, Document, DossierPapers, Paper};
use crate::demo::people::Expert;
use crate::demo::plan::{Deed, Session};
use crate::demo::{AS_OF, FIRST_DAY, SYSTEM};
use crate::experts::{self, ConsentMedium, Days};
use crate::kernel::{Date, Error, Fen, Grade, Id, Patient, Result};
use crate::sites::RoomKind;

/// Where a made-up paper is found.
const DOCUMENT: &str = "合成示例，并无此件";

/// The working days that experts have offered, by turns.
const WEEKDAYS: [Weekday; 6] =
    [Weekday::Saturday, Weekday::Sunday, Weekday::Wednesday, Weekday::Saturday, Weekday::Friday, Weekday::Thursday];

impl Drafts<'_> {
    /// What the sites have filed, and what each expert has: the licence, the filing at the sites, the notice of free clinics, the
    /// agreement on remote consultations, and, who operates, the sites' authorisations.
    pub(super) fn credentials(&self) -> Result<Vec<CreateCredential>> {
        let mut all = Vec::new();
        for site in &self.plan.sites {
            if site.rooms.iter().any(|room| room.kind == RoomKind::Operating) {
                let paper = Paper::GradeList { site: id(&site.id)?, specialty: None, highest: highest()? };
                all.push(self.credential(format!("grades-{}", site.id), paper, FIRST_DAY)?);
            }
        }
        for expert in &self.plan.experts {
            self.papers_of(expert, &mut all)?;
        }
        Ok(all)
    }

    fn papers_of(&self, expert: &Expert, all: &mut Vec<CreateCredential>) -> Result<()> {
        let own = id(&expert.id)?;
        let sites = self.host_sites(expert)?;
        let basis = |kind| Paper::Basis { expert: own.clone(), kind, sites: sites.clone() };
        let papers = [
            ("licence", Paper::Licence { expert: own.clone() }),
            ("filed", basis(BasisKind::Filed)),
            ("notice", basis(BasisKind::FreeClinicNotice)),
            ("remote", basis(BasisKind::RemoteAgreement)),
        ];
        for (what, paper) in papers {
            all.push(self.credential(format!("{what}-{}", expert.id), paper, expert.joined)?);
        }
        if expert.operates() {
            for site in &sites {
                let (own, site) = (own.clone(), site.clone());
                let name = format!("theatre-{}-{site}", expert.id);
                let paper = Paper::Authorisation { expert: own, site, highest: highest()?, specialties: Vec::new() };
                all.push(self.credential(name, paper, expert.joined)?);
            }
        }
        Ok(())
    }

    fn credential(&self, name: String, paper: Paper, from: Date) -> Result<CreateCredential> {
        let entry = Entry {
            name: self.name(&name)?,
            paper,
            days: Days { from, to: None },
            document: DOCUMENT.to_owned(),
            external_ids: Vec::new(),
        };
        Ok(CreateCredential { entry })
    }

    fn host_sites(&self, expert: &Expert) -> Result<Vec<Id>> {
        let mut sites: Vec<Id> = expert.hosts.iter().map(|host| self.site_id(host.site)).collect::<Result<_>>()?;
        sites.sort();
        sites.dedup();
        Ok(sites)
    }

    /// The time every week that an expert has offered at the present site, to be booked at once: from the day of the figures on, so that what
    /// papers of the past are missing stays missing.
    pub(super) fn offer(&self, number: usize, expert: &Expert) -> Result<CreateOffer> {
        let wall = |hour: i64| WallTime::new(hour * 60).ok_or(Error::Internal("a demo's hour is none"));
        let weekday = WEEKDAYS.into_iter().cycle().nth(number).unwrap_or(Weekday::Saturday);
        // The whole day, the morning or the afternoon.
        let (from, until) = [(8, 17), (8, 12), (13, 18)].into_iter().cycle().nth(number / 2).unwrap_or((8, 12));
        let weekly = Weekly {
            zone: self.zone,
            weekdays: [weekday].into(),
            start: wall(from)?,
            end: wall(until)?,
            first: AS_OF,
            last: None,
            except: Default::default(),
        };
        let told = NaiveTime::from_hms_opt(10, 30, 0).unwrap_or_default();
        let consent = experts::Consent {
            heard_by: OFFICE.to_owned(),
            medium: ConsentMedium::Message,
            heard_time: self.instant((AS_OF - chrono::Days::new(7), told)),
            words: "这一天都可以（合成）".to_owned(),
        };
        let host = expert.hosts.last().ok_or(Error::Internal("an expert of the demo is nowhere"))?;
        Ok(CreateOffer {
            name: self.name(&format!("offer-{}", expert.id))?,
            expert: id(&expert.id)?,
            kinds: Vec::new(),
            sites: vec![self.site_id(host.site)?],
            mode: OfferMode::Standing,
            shape: Shape::Weekly(weekly),
            in_own_zone: false,
            consent,
            external_ids: Vec::new(),
        })
    }

    /// The dossier of an out-of-hours consultation, complete.
    pub(super) fn dossier(&self, session: &Session) -> Result<CreateDossier> {
        let token = session.activities.iter().find_map(|activity| match &activity.deed {
            Deed::Consultation(patient) => Some(patient.token.as_str()),
            Deed::Headcount { .. } | Deed::Operation(_) | Deed::Lesson { .. } => None,
        });
        let patient = token.map(|token| Patient::parse(SYSTEM, token)).transpose();
        let patient = patient.map_err(|_flaw| Error::Internal("a patient of the demo has the wrong shape"))?;
        let paper = || Some(Document { reference: DOCUMENT.to_owned(), date: session.date });
        Ok(CreateDossier {
            name: self.name(&Self::dossier_of(session))?,
            expert: self.expert_id(session.expert)?,
            co_experts: Vec::new(),
            site: self.site_id(session.site)?,
            patient,
            purpose: "会诊（合成）".to_owned(),
            planned: session.date,
            promise: None,
            papers: DossierPapers {
                invitation: paper(),
                home_consent: paper(),
                patient_consent: paper(),
                fee: Some(Fen::new(0)),
            },
            papers_due: None,
            report_due: None,
            external_ids: Vec::new(),
        })
    }

    /// The id of a session's dossier.
    pub(super) fn dossier_of(session: &Session) -> String {
        format!("dossier-{}", session.id)
    }
}

fn highest() -> Result<Grade> {
    Grade::new(4).ok_or(Error::Internal("four is a grade"))
}
