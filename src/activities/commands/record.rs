//! Recording one activity, or up to 500.

use std::collections::HashMap;

use super::intake::{self, Row, Surroundings};
use crate::activities::{Activities, Activity, store};
use crate::db::{Command, Context, Decision, Outcome, Tx};
use crate::kernel::{Error, Id, Name, Reason, Result, Violation};

/// Records one activity.
#[derive(Clone, Debug)]
pub struct RecordActivity {
    /// The programme.
    pub programme: Id,
    /// The activity.
    pub row: Row,
}

impl Command for RecordActivity {
    type Facts = Surroundings;
    type Effects = Activity;
    type Output = Activity;
    const METHOD: &'static str = "ActivityService.RecordActivity";
    const HAS_SET_FORM: bool = true;

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Surroundings> {
        intake::load(tx, &self.programme, std::iter::once(&self.row)).await
    }

    fn decide(&self, mut around: Surroundings, context: &Context<'_>) -> Result<Decision<Activity, Activity>> {
        let activity = intake::admit(&self.programme, &self.row, &mut around, context)?;
        Ok(Decision {
            effects: activity.clone(),
            changes: vec![intake::change(&activity)],
            facts: vec![intake::fact(None, &activity)],
            output: activity,
        })
    }

    async fn apply(&self, activity: &Activity, tx: &mut Tx<'_>) -> Result<()> {
        store::insert(tx, &self.programme, std::slice::from_ref(activity)).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Activity> {
        let recorded = recorded(tx, &self.programme, names).await?;
        recorded.into_values().next().ok_or(Error::Internal("a recorded activity is gone"))
    }

    async fn run_set(set: &[(&Self, Context<'_>)], tx: &mut Tx<'_>) -> Result<Vec<Result<Outcome<Activity>>>> {
        let Some((first, _)) = set.first() else { return Ok(Vec::new()) };
        let programme = &first.programme;
        let mut around = intake::load(tx, programme, set.iter().map(|(command, _)| &command.row)).await?;
        let mut admitted = Vec::with_capacity(set.len());
        let mut outcomes = Vec::with_capacity(set.len());
        for (command, context) in set {
            outcomes.push(intake::admit(programme, &command.row, &mut around, context).map(|activity| {
                admitted.push(activity.clone());
                Outcome {
                    changes: vec![intake::change(&activity)],
                    facts: vec![intake::fact(None, &activity)],
                    output: activity,
                }
            }));
        }
        store::insert(tx, programme, &admitted).await?;
        Ok(outcomes)
    }
}

/// The activities of a first run, as they are now.
async fn recorded(tx: &mut Tx<'_>, programme: &Id, names: &[String]) -> Result<HashMap<Id, Activity>> {
    let ids = names.iter().map(|name| Name::<Activities>::parse(name).map(Name::into_id));
    let ids = ids.collect::<Result<Vec<_>, _>>().map_err(Error::Internal)?;
    store::current(tx, programme, &ids.iter().collect::<Vec<_>>()).await
}

/// Records many activities, each by itself: what one is refused for concerns no other.
#[derive(Clone, Debug)]
pub struct BatchRecordActivities {
    /// The programme.
    pub programme: Id,
    /// The activities; those whose fields are wrong can't be recorded.
    pub rows: Vec<Result<Row, Vec<Violation>>>,
}

impl BatchRecordActivities {
    /// The most rows of a batch.
    pub const MOST_ROWS: usize = 500;

    fn readable(&self) -> impl Iterator<Item = &Row> + Clone {
        self.rows.iter().filter_map(|row| row.as_ref().ok())
    }
}

impl Command for BatchRecordActivities {
    type Facts = Surroundings;
    type Effects = Vec<Activity>;
    type Output = Vec<Result<Activity>>;
    const METHOD: &'static str = "ActivityService.BatchRecordActivities";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Surroundings> {
        intake::load(tx, &self.programme, self.readable()).await
    }

    fn decide(
        &self,
        mut around: Surroundings,
        context: &Context<'_>,
    ) -> Result<Decision<Vec<Activity>, Vec<Result<Activity>>>> {
        let admit = |row: &Result<Row, Vec<Violation>>| match row {
            Ok(row) => intake::admit(&self.programme, row, &mut around, context),
            Err(violations) => Err(Error::Invalid(violations.clone())),
        };
        let output: Vec<Result<Activity>> = self.rows.iter().map(admit).collect();
        let effects: Vec<Activity> = output.iter().filter_map(|row| row.as_ref().ok().cloned()).collect();
        Ok(Decision {
            changes: effects.iter().map(intake::change).collect(),
            facts: effects.iter().map(|activity| intake::fact(None, activity)).collect(),
            effects,
            output,
        })
    }

    async fn apply(&self, activities: &Vec<Activity>, tx: &mut Tx<'_>) -> Result<()> {
        store::insert(tx, &self.programme, activities).await
    }

    /// Rows that were recorded answer their activities; the others are never recorded late under an answered request.
    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Vec<Result<Activity>>> {
        let mut by_place: HashMap<i64, Activity> = HashMap::new();
        for activity in recorded(tx, &self.programme, names).await?.into_values() {
            let place = activity.batch_row.ok_or(Error::Internal("a batch's activity has no place in it"))?;
            by_place.insert(place, activity);
        }
        let answer = |(place, row): (i64, &Result<Row, Vec<Violation>>)| match (row, by_place.remove(&place)) {
            (_, Some(activity)) => Ok(activity),
            (Err(violations), None) => Err(Error::Invalid(violations.clone())),
            (Ok(_), None) => {
                let message = "the row was refused when this request first ran: send it under a new request id";
                Err(Error::refused(Reason::RefusedBefore, message).with("row", place))
            }
        };
        Ok((0..).zip(&self.rows).map(answer).collect())
    }
}
