//! Enters an expert on the roster.

use super::{Obstacles, recalled};
use crate::db::{Command, Context, Decision, Tx};
use crate::experts::{Expert, Experts, LicenceNumber, LicenceSecret, Profile, Roster, hospitals_of, store};
use crate::kernel::{Change, Date, Error, Id, Meta, Name, Result};

/// Enters an expert on the roster.
#[derive(Debug)]
pub struct CreateExpert {
    /// The name to be.
    pub name: Name<Experts>,
    /// The expert's fields.
    pub profile: Profile,
    /// First day on the roster.
    pub entry: Date,
    /// The licence number, to be hashed.
    pub licence: Option<LicenceNumber>,
    /// Becomes the programme's secret if it has none and a licence is given.
    pub secret: LicenceSecret,
}

/// What the decision rests on.
pub struct Facts {
    exists: bool,
    obstacles: Obstacles,
}

/// What is written.
pub struct Entry {
    expert: Expert,
    new_secret: Option<LicenceSecret>,
}

impl Command for CreateExpert {
    type Facts = Facts;
    type Effects = Entry;
    type Output = Expert;
    const METHOD: &'static str = "ExpertService.CreateExpert";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Facts> {
        let exists = store::find(tx, &self.name).await?.is_some();
        let hospitals = hospitals_of(&self.profile.affiliations);
        let licence = self.licence.as_ref().map(|number| (number, &self.secret));
        let obstacles = Obstacles::load(tx, &self.name, &self.profile.external_ids, &hospitals, licence).await?;
        Ok(Facts { exists, obstacles })
    }

    fn decide(&self, facts: Facts, context: &Context<'_>) -> Result<Decision<Entry, Expert>> {
        if facts.exists {
            return Err(Error::already_exists(&self.name));
        }
        facts.obstacles.none(&self.name)?;
        let (licence, new_secret) = match facts.obstacles.licence {
            Some(licensed) => (Some(licensed.hash), licensed.new_secret),
            None => (None, None),
        };
        let expert = Expert {
            name: self.name.clone(),
            profile: self.profile.clone(),
            roster: Roster::entered(self.entry),
            licence,
            meta: Meta::new(context.now),
        };
        let entry = Entry { expert: expert.clone(), new_secret };
        Ok(Decision::new(entry, expert, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, entry: &Entry, tx: &mut Tx<'_>) -> Result<()> {
        if let Some(secret) = &entry.new_secret {
            store::keep_secret(tx, self.name.programme(), secret).await?;
        }
        store::insert(tx, &entry.expert).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Expert> {
        recalled(tx, names).await
    }
}
