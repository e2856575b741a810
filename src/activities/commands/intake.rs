//! How rows become activities, any number at once: one load, a pure pass in the rows' order, one write.
//!
//! Recording one, a batch and the set form of the writer are all this; so they can't differ.

use super::{FACT, RECORD};
use crate::activities::record::{Draft, Known, Taken, settle};
use crate::activities::{Activities, Activity, State, store};
use crate::db::{Context, Tx, external_ids};
use crate::kernel::{Change, Collection as _, Fact, Id, Meta, Name, Result};
use crate::persons::{self, Restricted};

/// One activity to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: Id,
    /// What was done.
    pub draft: Draft,
    /// Its place in its batch, from 0; none: recorded by itself.
    pub place: Option<i64>,
}

/// What the rows are judged by; every admitted row changes it for the next.
#[derive(Debug)]
pub struct Surroundings {
    known: Known,
    taken: Taken,
    restricted: Restricted,
    on_record: Restricted,
    sequence: i64,
}

/// Loads what some rows of a programme are judged by.
pub(super) async fn load<'a>(
    tx: &mut Tx<'_>,
    programme: &Id,
    rows: impl Iterator<Item = &'a Row> + Clone,
) -> Result<Surroundings> {
    let known = store::known(tx, programme, rows.clone().map(|row| &row.draft)).await?;
    let ids: Vec<&Id> = rows.clone().map(|row| &row.id).collect();
    let patients = rows.clone().filter_map(|row| row.draft.patient.as_ref());
    let restricted = persons::store::restricted(tx, programme, patients).await?;
    let numbered = rows.clone().map(|row| &row.draft).filter(|draft| !draft.external_ids.is_empty());
    let on_record =
        persons::store::on_record(tx, programme, numbered.filter_map(|draft| draft.patient.as_ref())).await?;
    let external: Vec<_> = rows.flat_map(|row| &row.draft.external_ids).collect();
    let taken = Taken {
        ids: store::existing(tx, programme, &ids).await?,
        external_ids: external_ids::find_all(tx, programme, Activities::COLLECTION, &external).await?,
    };
    Ok(Surroundings { known, taken, restricted, on_record, sequence: tx.sequence() })
}

/// Turns a row into the activity that it will be, or says why it can't.
pub(super) fn admit(programme: &Id, row: &Row, around: &mut Surroundings, context: &Context<'_>) -> Result<Activity> {
    around.taken.refuse(programme, &row.id, true, &row.draft.external_ids)?;
    if let Some(patient) = &row.draft.patient {
        around.restricted.refuse(patient)?;
        around.on_record.refuse_named(patient, &row.draft.external_ids)?;
    }
    let record = settle(programme, &row.draft, &around.known, context.now)?;
    around.known.admit(&record, context.now)?;
    around.taken.take(&row.id, &row.draft.external_ids);
    let activity = Activity {
        name: Name::new(programme.clone(), row.id.clone()),
        record,
        state: State::Recorded,
        void_reason: None,
        sheet: None,
        dispute_note: None,
        recorder: context.call.caller.actor().to_owned(),
        author: Some(context.call.caller.actor().to_owned()),
        made_by: Some(context.call.caller.subject.clone()),
        batch_row: row.place,
        since_sequence: around.sequence,
        until_sequence: None,
        meta: Meta::new(context.now),
        external_ids: row.draft.external_ids.clone(),
    };
    around.sequence += 1;
    Ok(activity)
}

/// What the change log says of a new activity.
pub(super) fn change(activity: &Activity) -> Change {
    Change::new(&activity.name, RECORD, activity.meta.revision)
}

/// What a new version does to the figures.
pub(super) fn fact(before: Option<&Activity>, after: &Activity) -> Fact {
    Fact { name: after.name.to_string(), kind: FACT, before: before.and_then(Activity::leaf), after: after.leaf() }
}
