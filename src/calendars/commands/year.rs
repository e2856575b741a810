//! Writes announced years.

use crate::calendars::{CalendarName, CalendarYear, SpecialDay, store};
use crate::db::{Command, Context, Decision, Tx};
use crate::hospitals::{self, Hospitals};
use crate::kernel::{Change, Error, Etag, Id, Meta, Name, Result, Verb};

/// Writes a year's special days, in place of what was imported for it before.
#[derive(Debug)]
pub struct ImportCalendarYear {
    /// Whose, and which.
    pub name: CalendarName,
    /// See [`CalendarYear::source`].
    pub source: String,
    /// See [`CalendarYear::version`].
    pub version: String,
    /// See [`CalendarYear::days`].
    pub days: Vec<SpecialDay>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

/// What an import rests on.
pub struct Before {
    hospital_known: bool,
    year: Option<CalendarYear>,
}

impl Command for ImportCalendarYear {
    type Facts = Before;
    type Effects = (CalendarYear, Meta);
    type Output = CalendarYear;
    const METHOD: &'static str = "CalendarService.ImportCalendarYear";

    fn programme(&self) -> &Id {
        &self.name.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Before> {
        let CalendarName { programme, hospital, .. } = &self.name;
        let hospital_known = match hospital {
            None => true,
            Some(hospital) => {
                !hospitals::store::present(tx, programme, std::slice::from_ref(hospital)).await?.is_empty()
            }
        };
        Ok(Before { hospital_known, year: store::days::find(tx, &self.name).await? })
    }

    fn decide(&self, before: Before, context: &Context<'_>) -> Result<Decision<(CalendarYear, Meta), CalendarYear>> {
        let CalendarName { programme, hospital, .. } = &self.name;
        if let Some(hospital) = hospital.as_ref().filter(|_| !before.hospital_known) {
            return Err(Error::not_found(Name::<Hospitals>::new(programme.clone(), hospital.clone())));
        }
        let present = before.year.and_then(|year| year.meta);
        Etag::check(self.etag.as_deref(), &self.name.to_string(), present.map_or(0, |meta| meta.revision))?;
        let meta = present.map_or_else(|| Meta::new(context.now), |meta| meta.touched(context.now));
        let mut days = self.days.clone();
        days.sort_by_key(|day| day.date);
        let year = CalendarYear {
            name: self.name.clone(),
            source: self.source.clone(),
            version: self.version.clone(),
            days,
            meta: Some(meta),
        };
        let verb = if present.is_some() { Verb::UPDATE } else { Verb::CREATE };
        let change = Change::new(&self.name, verb, meta.revision);
        Ok(Decision::new((year.clone(), meta), year, vec![change]))
    }

    async fn apply(&self, (year, meta): &(CalendarYear, Meta), tx: &mut Tx<'_>) -> Result<()> {
        store::days::put(tx, year, *meta).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<CalendarYear> {
        store::days::find(tx, &self.name).await?.ok_or_else(|| Error::not_found(&self.name))
    }
}
