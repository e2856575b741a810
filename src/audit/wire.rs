//! Messages of the audit to queries, and entries and reports to messages.
use super::queries::{ReadEntries, VerifyChain};
use super::{Finding, Head, Recorded, Report};
use crate::kernel::{Error, Fields, ProgrammeName, Reason, Result, Timestamp, Vocabulary as _};
use crate::pb;

pub(super) fn list(fields: &mut Fields, request: pb::ListAuditEntriesRequest) -> ReadEntries {
    ReadEntries {
        programme: fields.parent_or_platform("parent", &request.parent),
        after: fields.number("after_entry", request.after_entry, 0..=i64::MAX),
        most: fields.page(request.page_size, "", "").size,
    }
}

pub(super) fn verify(fields: &mut Fields, request: pb::VerifyAuditRequest) -> VerifyChain {
    let published = request.published_head.and_then(|head| {
        let parsed = Head::new(head.entry, &head.link);
        if parsed.is_none() {
            fields.refuse("published_head", Reason::Malformed, "must have an entry from 1 and a link of 64 [0-9a-f]");
        }
        parsed
    });
    VerifyChain { programme: fields.parent_or_platform("parent", &request.parent), published }
}

pub(super) fn listed(newest: Head, entries: &[Recorded]) -> Result<pb::ListAuditEntriesResponse> {
    let entries = entries.iter().map(entry).collect::<Result<_>>()?;
    Ok(pb::ListAuditEntriesResponse { entries, head: Some(head(newest)) })
}

fn entry(recorded: &Recorded) -> Result<pb::AuditEntry> {
    let entry = &recorded.entry;
    let names = serde_json::from_str(&entry.names).map_err(Error::storage)?;
    Ok(pb::AuditEntry {
        programme: format!("programmes/{}", entry.programme),
        entry: entry.entry,
        entry_time: Some(Timestamp::from_micros(entry.time).into()),
        subject: entry.subject.clone(),
        on_behalf_of: entry.on_behalf_of.clone(),
        method: entry.method.clone(),
        names,
        digest: entry.digest.clone(),
        hash: entry.fingerprint(),
        link: recorded.link.clone().unwrap_or_default(),
    })
}

/// An entry as it came over the wire; nothing where it is none of ours.
pub(crate) fn recorded(message: pb::AuditEntry) -> Option<Recorded> {
    let time = message.entry_time?;
    let entry = crate::db::chain::Entry {
        programme: ProgrammeName::parse_or_platform(&message.programme)?.into_id().to_string(),
        entry: message.entry,
        time: time.seconds.checked_mul(1_000_000)?.checked_add(i64::from(time.nanos / 1_000))?,
        subject: message.subject,
        on_behalf_of: message.on_behalf_of,
        method: message.method,
        names: serde_json::to_string(&message.names).ok()?,
        digest: message.digest,
    };
    Some(Recorded { entry, link: Some(message.link).filter(|link| !link.is_empty()) })
}

pub(super) fn report(report: Report) -> pb::VerifyAuditResponse {
    let finding = |finding: Finding| pb::AuditFinding {
        kind: finding.kind.number(),
        first_entry: finding.first,
        last_entry: finding.last,
        description: finding.to_string(),
    };
    pb::VerifyAuditResponse {
        entries: i64::try_from(report.entries).unwrap_or(i64::MAX),
        head: Some(head(report.head)),
        findings: report.findings.into_iter().map(finding).collect(),
    }
}

fn head(head: Head) -> pb::AuditHead {
    pb::AuditHead { entry: head.entry, link: head.link }
}
