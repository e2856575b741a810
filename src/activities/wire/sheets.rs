//! Messages of sheets, policies, ladders and succession.

use std::collections::BTreeMap;

use crate::activities::commands::{AttestSheet, Lines, UpdatePolicy};
use crate::activities::ladder::{OperationCode, Rungs, Succession, Tally};
use crate::activities::policy::{ActivityPolicies, MOST_DAYS, ONLY, Policy};
use crate::activities::queries::{GetPolicy, GetSheet, GetSkillLadder, ListSheets, ListSuccession, PreviewSheet};
use crate::activities::sheet::{Check, Finding, MOST_ACTIVITIES, MOST_NOTE, Scope, Sheet};
use crate::activities::{Activities, Activity};
use crate::assistants::{Assistants, Pairing};
use crate::experts::Experts;
use crate::kernel::{Date, Fields, Id, Name, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sessions::Sessions;
use crate::sites::Sites;
use crate::wire::mutations;

mutations!(pb::AttestSheetRequest, pb::UpdateActivityPolicyRequest);

/// The most cases that [`ListSuccession`] can ask for.
const MOST_CASES: i64 = 1_000;

pub(in crate::activities) fn preview(fields: &mut Fields, request: pb::PreviewSheetRequest) -> PreviewSheet {
    let programme = fields.parent("parent", &request.parent);
    let message = fields.message("scope", request.scope);
    let scope = fields.within("scope", |fields| scope(fields, &programme, message));
    PreviewSheet { programme, scope }
}

pub(in crate::activities) fn attest(
    fields: &mut Fields,
    request: pb::AttestSheetRequest,
    now: Timestamp,
) -> AttestSheet {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("sheet_id", &request.sheet_id).unwrap_or_else(|| Id::fresh(now));
    let message = fields.message("scope", request.scope);
    let scope = fields.within("scope", |fields| scope(fields, &programme, message));
    let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let parse = |text: &str| if is_digest(text) { Ok(text.to_owned()) } else { Err(()) };
    let digest = fields.shaped("digest", &request.digest, "must be the 64 hexadecimal digits of PreviewSheet", parse);
    let mut seen = Vec::new();
    let checks = fields.list("checks", &request.checks, MOST_ACTIVITIES, |fields, message| {
        let check = check(fields, &programme, message);
        if seen.contains(&check.activity) {
            fields.refuse("activity", Reason::Duplicate, "stands twice");
        }
        seen.push(check.activity.clone());
        check
    });
    AttestSheet { name: Name::new(programme, id), scope, digest: digest.unwrap_or_default(), checks }
}

fn check(fields: &mut Fields, programme: &Id, message: &pb::SheetCheck) -> Check {
    let activity = fields.name_in::<Activities>("activity", &message.activity, programme);
    let finding: Finding = fields.choice("finding", message.finding);
    let note = match finding {
        Finding::Differs => fields.required("note", &message.note, MOST_NOTE),
        Finding::Agrees => {
            if !message.note.is_empty() {
                fields.refuse("note", Reason::Inconsistent, "must be empty where nothing differs");
            }
            String::new()
        }
    };
    Check { activity, finding, note }
}

fn scope(fields: &mut Fields, programme: &Id, message: pb::SheetScope) -> Scope {
    use chrono::Datelike as _;
    if message.session.is_empty() == message.days.is_none() {
        fields.refuse("", Reason::Inconsistent, "must be a session or days at a site: exactly one");
    }
    let Some(days) = message.days else {
        return Scope::Session(fields.name_in::<Sessions>("session", &message.session, programme));
    };
    fields.within("days", |fields| {
        let site = fields.name_in::<Sites>("site", &days.site, programme);
        let from = fields.date("from_date", days.from_date.as_ref());
        let to = fields.date("to_date", days.to_date.as_ref());
        let same_month = (from.year(), from.month()) == (to.year(), to.month());
        if days.from_date.is_some() && days.to_date.is_some() && (to < from || !same_month) {
            fields.refuse("to_date", Reason::Inconsistent, "must not be before from_date, and of the same month");
        }
        Scope::Days { site, from, to }
    })
}

pub(in crate::activities) fn get(fields: &mut Fields, request: pb::GetSheetRequest) -> GetSheet {
    GetSheet { name: fields.name("name", &request.name) }
}

pub(in crate::activities) fn list(fields: &mut Fields, request: pb::ListSheetsRequest) -> ListSheets {
    let programme = fields.parent("parent", &request.parent);
    let session = fields.optional_name_in::<Sessions>("session", &request.session, &programme);
    let site = fields.optional_name_in::<Sites>("site", &request.site, &programme);
    let bound_to = format!("ListSheets {programme} {session:?} {site:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListSheets { programme, session, site, page, bound_to }
}

pub(in crate::activities) fn lines(programme: &Id, lines: &Lines) -> pb::PreviewSheetResponse {
    let name = |id: &Id| Name::<Activities>::new(programme.clone(), id.clone()).to_string();
    pb::PreviewSheetResponse {
        activities: lines.recorded.iter().map(|line: &Activity| line.name.to_string()).collect(),
        to_check: lines.to_check.iter().map(name).collect(),
        digest: lines.digest.clone(),
        disputed: lines.disputed,
        attested: lines.attested,
    }
}

pub(in crate::activities) fn sheet(sheet: Sheet) -> pb::Sheet {
    let programme = sheet.name.programme();
    let scope = match &sheet.scope {
        Scope::Session(session) => pb::SheetScope {
            session: Name::<Sessions>::new(programme.clone(), session.clone()).to_string(),
            days: None,
        },
        Scope::Days { site, from, to } => pb::SheetScope {
            session: String::new(),
            days: Some(pb::SheetDays {
                site: Name::<Sites>::new(programme.clone(), site.clone()).to_string(),
                from_date: Some((*from).into()),
                to_date: Some((*to).into()),
            }),
        },
    };
    let check = |check: &Check| pb::SheetCheck {
        activity: Name::<Activities>::new(programme.clone(), check.activity.clone()).to_string(),
        finding: check.finding.number(),
        note: check.note.clone(),
    };
    pb::Sheet {
        name: sheet.name.to_string(),
        scope: Some(scope),
        attested: sheet.attested,
        operations: sheet.operations,
        checks: sheet.checks.iter().map(check).collect(),
        digest: sheet.digest,
        attester: sheet.attester,
        since_sequence: sheet.since_sequence,
        create_time: Some(sheet.create_time.into()),
    }
}

fn policy_name(fields: &mut Fields, value: &str) -> Name<ActivityPolicies> {
    let name = fields.name::<ActivityPolicies>("name", value);
    if Name::<ActivityPolicies>::parse(value).is_ok() && name.id().as_str() != ONLY {
        fields.refuse("name", Reason::Malformed, "must be programmes/{programme}/activityPolicies/default");
    }
    name
}

pub(in crate::activities) fn get_policy(fields: &mut Fields, request: pb::GetActivityPolicyRequest) -> GetPolicy {
    GetPolicy { name: policy_name(fields, &request.name) }
}

pub(in crate::activities) fn update_policy(
    fields: &mut Fields,
    request: pb::UpdateActivityPolicyRequest,
    _now: Timestamp,
) -> UpdatePolicy {
    let mask = fields.mask(&request.update_mask, UpdatePolicy::FIELDS);
    let message = fields.message("policy", request.policy);
    fields.within("policy", |fields| UpdatePolicy {
        name: policy_name(fields, &message.name),
        etag: fields.etag("etag", &message.etag),
        policy: Policy {
            late_entry_days: fields.masked(&mask, "late_entry_days", |f| {
                f.number("late_entry_days", message.late_entry_days, 0..=MOST_DAYS)
            }),
            recheck_percent: fields
                .masked(&mask, "recheck_percent", |f| f.number("recheck_percent", message.recheck_percent, 1..=100)),
            meta: None,
        },
        mask,
    })
}

pub(in crate::activities) fn policy(programme: &Id, policy: &Policy) -> pb::ActivityPolicy {
    let only = Id::parse(ONLY).unwrap_or_else(|_| programme.clone());
    let name = Name::<ActivityPolicies>::new(programme.clone(), only).to_string();
    pb::ActivityPolicy {
        late_entry_days: policy.late_entry_days,
        recheck_percent: policy.recheck_percent,
        etag: crate::kernel::Etag::of(&name, policy.revision()),
        update_time: policy.meta.map(|meta| meta.update_time.into()),
        name,
    }
}

pub(in crate::activities) fn ladder_of(fields: &mut Fields, request: pb::GetSkillLadderRequest) -> GetSkillLadder {
    GetSkillLadder { pairing: fields.name("pairing", &request.pairing) }
}

pub(in crate::activities) fn ladder(pairing: Pairing, skills: BTreeMap<OperationCode, Rungs>) -> pb::SkillLadder {
    let programme = pairing.name.programme().clone();
    let skill = |(operation, rungs): (OperationCode, Rungs)| pb::Skill {
        system: operation.system,
        code: operation.code,
        reached: rungs.keys().next_back().map_or(0, |part| part.number()),
        rungs: rungs
            .into_iter()
            .map(|(part, tally)| pb::SkillRung { part: part.number(), count: Some(count(tally)) })
            .collect(),
    };
    pb::SkillLadder {
        pairing: pairing.name.to_string(),
        expert: Name::<Experts>::new(programme.clone(), pairing.expert).to_string(),
        assistant: Name::<Assistants>::new(programme, pairing.assistant).to_string(),
        skills: skills.into_iter().map(skill).collect(),
    }
}

fn count(tally: Tally) -> pb::CaseCount {
    let day = |date: Date| Some(date.into());
    pb::CaseCount { cases: tally.count, first_date: day(tally.first), last_date: day(tally.last) }
}

pub(in crate::activities) fn list_succession(
    fields: &mut Fields,
    request: pb::ListSuccessionRequest,
) -> ListSuccession {
    let programme = fields.parent("parent", &request.parent);
    let site = fields.optional_name_in::<Sites>("site", &request.site, &programme);
    let stage = fields.optional_choice("stage", request.stage);
    let least_cases = match request.least_cases {
        0 => 1,
        least => fields.number("least_cases", least, 1..=MOST_CASES),
    };
    let bound_to = format!("ListSuccession {programme} {site:?} {stage:?} {least_cases}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListSuccession { programme, site, stage, least_cases, page, bound_to }
}

pub(in crate::activities) fn succession(programme: &Id, one: Succession) -> pb::Succession {
    pb::Succession {
        site: Name::<Sites>::new(programme.clone(), one.site).to_string(),
        system: one.operation.system,
        code: one.operation.code,
        expert: one.expert.map(count),
        supervised: one.supervised.map(count),
        local: one.local.map(count),
        stage: one.stage.number(),
    }
}
