//! Messages of changes to queries, and changes to messages.
use std::time::Duration;

use prost_types::Any;

use super::queries::ReadChanges;
use super::service::present::Collections;
use super::service::{snapshot, watch};
use super::{Extent, Interest, Logged};
use crate::access::table::Sight;
use crate::kernel::{Error, Fields, Reason, Result};
use crate::pb;

/// The most collections that a request names.
const MAX_COLLECTIONS: usize = 50;
/// The longest name of a collection, in characters.
const MAX_COLLECTION: usize = 63;
/// Seconds between heartbeats, unless the request says otherwise.
const HEARTBEAT: i64 = 15;
/// The longest time between heartbeats, in seconds: less than what connections are dropped after.
const MAX_HEARTBEAT: i64 = 60;

pub(super) fn list(fields: &mut Fields, request: pb::ListChangesRequest) -> (ReadChanges, Interest) {
    let read = ReadChanges {
        programme: fields.parent("parent", &request.parent),
        after: fields.number("after_sequence", request.after_sequence, 0..=i64::MAX),
        most: fields.page(request.page_size, "", "").size,
    };
    (read, interest(fields, &request.collections, request.with_state))
}

pub(super) fn watch(fields: &mut Fields, request: pb::WatchChangesRequest, sight: Sight) -> watch::Wish {
    let seconds = fields.number("heartbeat_seconds", request.heartbeat_seconds, 0..=MAX_HEARTBEAT);
    let seconds = if seconds == 0 { HEARTBEAT } else { seconds };
    watch::Wish {
        programme: fields.parent("parent", &request.parent),
        after: fields.number("after_sequence", request.after_sequence, 0..=i64::MAX),
        interest: interest(fields, &request.collections, request.with_state),
        sight,
        heartbeat: Duration::from_secs(seconds.unsigned_abs()),
    }
}

/// Every collection that can be listed, and that the caller may read, where the request names none.
///
/// # Errors
/// `SCOPE_EXCEEDED` where it names one that the caller may not read.
pub(super) fn snapshot(
    fields: &mut Fields,
    request: pb::GetSnapshotRequest,
    known: Collections,
    sight: &Sight,
) -> Result<snapshot::Wish> {
    let listed = || known.iter().filter(|collection| collection.list.is_some());
    let named = fields.list("collections", &request.collections, MAX_COLLECTIONS, |fields, name| {
        let found = listed().find(|collection| collection.name == name);
        if found.is_none() {
            fields.refuse("", Reason::UnknownValue, "is no collection that a snapshot can have");
        }
        found.copied()
    });
    let programme = fields.parent("parent", &request.parent);
    if named.iter().flatten().any(|collection| !sight.sees(collection.message)) {
        let text = "the snapshot names a collection that the caller may not read";
        return Err(Error::refused(Reason::ScopeExceeded, text).with("method", "ChangeService.GetSnapshot"));
    }
    let seen = listed().filter(|collection| sight.sees(collection.message));
    let collections = if named.is_empty() { seen.copied().collect() } else { named.into_iter().flatten().collect() };
    Ok(snapshot::Wish { programme, collections })
}

fn interest(fields: &mut Fields, collections: &[String], with_state: bool) -> Interest {
    let collections = fields
        .list("collections", collections, MAX_COLLECTIONS, |fields, name| fields.required("", name, MAX_COLLECTION));
    Interest { collections, with_state }
}

pub(super) fn change(change: &Logged, state: Option<Any>) -> pb::Change {
    pb::Change {
        sequence: change.sequence,
        name: change.name.clone(),
        verb: change.verb.clone(),
        revision: change.revision,
        change_time: Some(change.time.into()),
        deleted: change.is_tombstone(),
        state,
    }
}

pub(super) fn listed(changes: Vec<pb::Change>, sequence: i64, extent: &Extent) -> pb::ListChangesResponse {
    pb::ListChangesResponse { changes, sequence, newest_sequence: extent.newest }
}
