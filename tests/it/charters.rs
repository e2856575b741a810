//! Charters and contacts over a real socket.
mod rules;

use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::charter_service_client::CharterServiceClient;
use prost_types::FieldMask;
use tonic::Code;

use crate::support::errors::{Refused, refused};
use crate::support::{START, bare, each_engine};

const PARENT: &str = "programmes/liling";

fn charter(expert: &str) -> pb::Charter {
    pb::Charter { name: format!("{PARENT}/charters/{expert}"), ..Default::default() }
}

fn update(charter: pb::Charter, paths: &[&str]) -> pb::UpdateCharterRequest {
    pb::UpdateCharterRequest {
        charter: Some(charter),
        update_mask: Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }),
        ..Default::default()
    }
}

fn word() -> pb::Consent {
    pb::Consent {
        heard_by: "county-talent-office-2".to_owned(),
        medium: pb::ConsentMedium::Phone as i32,
        heard_time: Some(START.into()),
        words: "一周三次也可以".to_owned(),
    }
}

fn contact(expert: &str, minutes: i64) -> pb::RecordContactRequest {
    let contact = pb::Contact {
        expert: format!("{PARENT}/experts/{expert}"),
        contact_time: Some(START.plus_minutes(minutes).into()),
        medium: pb::ConsentMedium::Phone as i32,
        made_by: "county-talent-office-2".to_owned(),
        note: "国庆安排".to_owned(),
        ..Default::default()
    };
    pb::RecordContactRequest { parent: PARENT.to_owned(), contact: Some(contact), ..Default::default() }
}

#[tokio::test]
async fn the_office_tightens_and_only_the_expert_loosens() {
    each_engine("charter", async |server| {
        bare::make(&server.channel, 1).await;
        let mut client = CharterServiceClient::new(server.channel.clone());
        let get = pb::GetCharterRequest { name: charter("e1").name };
        let empty = client.get_charter(get.clone()).await.unwrap().into_inner();
        assert_eq!((empty.version, empty.create_time, empty.sessions_a_week), (0, None, None));
        assert_eq!(empty.expert, format!("{PARENT}/experts/e1"));

        let first = pb::Charter {
            sessions_a_week: Some(2),
            sites: vec![format!("{PARENT}/sites/county")],
            kinds: vec![pb::SessionKind::Clinic as i32],
            etag: empty.etag.clone(),
            ..charter("e1")
        };
        let paths = ["sessions_a_week", "sites", "kinds"];
        let check = pb::UpdateCharterRequest { validate_only: true, ..update(first.clone(), &paths) };
        assert_eq!(client.update_charter(check).await.unwrap().get_ref().version, 1);
        assert_eq!(client.get_charter(get.clone()).await.unwrap().get_ref().version, 0, "nothing was written");
        let set = client.update_charter(update(first.clone(), &paths)).await.unwrap().into_inner();
        assert_eq!((set.version, set.sessions_a_week, set.word.clone()), (1, Some(2), None));
        assert_eq!(client.get_charter(get.clone()).await.unwrap().into_inner(), set);
        let stale = refused(client.update_charter(update(first, &paths)).await);
        assert_eq!((stale.code, stale.reason), (Code::Aborted, Reason::EtagMismatch));

        // Only the named fields are looked at: the sites stay.
        let looser = update(pb::Charter { sessions_a_week: Some(3), ..charter("e1") }, &["sessions_a_week", "kinds"]);
        let refusal = refused(client.update_charter(looser.clone()).await);
        let expected = Refused {
            violations: vec![
                ("charter.sessions_a_week".to_owned(), Reason::CharterWordRequired),
                ("charter.kinds".to_owned(), Reason::CharterWordRequired),
            ],
            ..Refused::new(Code::FailedPrecondition, Reason::CharterWordRequired)
        };
        assert_eq!(refusal, expected.with("fields", "sessions_a_week,kinds").with("name", &set.name));
        let heard = pb::UpdateCharterRequest { word: Some(word()), request_id: "loosen-1".to_owned(), ..looser };
        let after = client.update_charter(heard.clone()).await.unwrap().into_inner();
        assert_eq!((after.version, after.sessions_a_week, after.sites.len()), (2, Some(3), 1));
        assert_eq!(after.word, Some(word()));
        assert_eq!(client.update_charter(heard).await.unwrap().into_inner(), after, "a repeated request");

        let list = pb::ListCharterVersionsRequest { name: set.name.clone(), page_size: 1, ..Default::default() };
        let page = client.list_charter_versions(list.clone()).await.unwrap().into_inner();
        assert_eq!(page.versions[0].loosened_fields, ["sessions_a_week", "kinds"]);
        assert_eq!(page.versions[0].charter.as_ref(), Some(&after));
        let next = pb::ListCharterVersionsRequest { page_token: page.next_page_token, ..list };
        let page = client.list_charter_versions(next).await.unwrap().into_inner();
        assert_eq!((page.versions.len(), page.next_page_token.as_str()), (1, ""));
        assert_eq!(page.versions[0].charter.as_ref().unwrap().sessions_a_week, Some(2));

        let in_use = refused(bare::delete_site(&server.channel, "county").await);
        assert_eq!((in_use.reason, in_use.metadata["referrer"].as_str()), (Reason::InUse, set.name.as_str()));
        bare::delete_site(&server.channel, "banshan").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_a_charter_cant_say_is_refused_all_at_once() {
    each_engine("charter_bad", async |server| {
        bare::make(&server.channel, 1).await;
        let mut client = CharterServiceClient::new(server.channel.clone());
        let quiet = |from: i32, to: Option<i32>| pb::QuietDates {
            from_date: Some(pb::Date { year: 2024, month: 5, day: from }),
            to_date: to.map(|day| pb::Date { year: 2024, month: 5, day }),
        };
        let bad = pb::Charter {
            sessions_a_day: Some(-1),
            hours_a_visit: Some(0),
            notice_hours: Some(2161),
            quiet_dates: vec![quiet(2, Some(1)), quiet(3, None)],
            kinds: vec![1, 1, 99],
            sites: vec!["sites/county".to_owned(), "programmes/other/sites/county".to_owned()],
            ..charter("e1")
        };
        let future = pb::Consent { heard_time: Some(START.plus_minutes(1).into()), ..word() };
        let request = pb::UpdateCharterRequest { word: Some(future), ..update(bad, &[]) };
        let violations = refused(client.update_charter(request).await).violations;
        for expected in [
            ("charter.sessions_a_day", Reason::OutOfRange),
            ("charter.hours_a_visit", Reason::OutOfRange),
            ("charter.notice_hours", Reason::OutOfRange),
            ("charter.quiet_dates[0].to_date", Reason::Inconsistent),
            ("charter.quiet_dates[1].to_date", Reason::Required),
            ("charter.kinds[1]", Reason::Duplicate),
            ("charter.kinds[2]", Reason::UnknownValue),
            ("charter.sites[0]", Reason::Malformed),
            ("charter.sites[1]", Reason::Inconsistent),
            ("word.heard_time", Reason::Inconsistent),
        ] {
            let found = violations.iter().any(|(field, reason)| (field.as_str(), *reason) == expected);
            assert!(found, "{expected:?} isn't in {violations:?}");
        }
        let nobody = refused(client.update_charter(update(charter("e9"), &["kinds"])).await);
        let not_found = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        assert_eq!(nobody, not_found.clone().with("name", &format!("{PARENT}/experts/e9")));
        let get = pb::GetCharterRequest { name: charter("e9").name };
        assert_eq!(refused(client.get_charter(get).await).reason, Reason::ResourceNotFound);
        let nowhere = pb::Charter { sites: vec![format!("{PARENT}/sites/pukou")], ..charter("e1") };
        let answer = refused(client.update_charter(update(nowhere, &["sites"])).await);
        assert_eq!(answer, not_found.with("name", &format!("{PARENT}/sites/pukou")));
        let unknown = refused(client.update_charter(update(charter("e1"), &["version"])).await);
        assert_eq!(unknown.violations, [("update_mask.paths[0]".to_owned(), Reason::NotUpdatable)]);
    })
    .await;
}

#[tokio::test]
async fn contacts_are_facts_and_say_when_they_are_too_many() {
    each_engine("contacts", async |server| {
        bare::make(&server.channel, 2).await;
        let mut client = CharterServiceClient::new(server.channel.clone());
        let limit = pb::Charter { contacts_a_week: Some(1), ..charter("e1") };
        client.update_charter(update(limit, &["contacts_a_week"])).await.unwrap();
        // START is Monday 8:00 in Liling: eight hours and a minute before, it was still Sunday of the week before.
        let mut beyond = Vec::new();
        for (id, expert, minutes) in
            [("c1", "e1", -8 * 60 - 1), ("c2", "e1", -8 * 60), ("c3", "e1", 0), ("c4", "e2", 0)]
        {
            let request = pb::RecordContactRequest { contact_id: id.to_owned(), ..contact(expert, minutes) };
            let made = client.record_contact(request).await.unwrap().into_inner();
            assert_eq!(made.name, format!("{PARENT}/contacts/{id}"));
            beyond.push(made.beyond_charter);
        }
        assert_eq!(beyond, [false, false, true, false]);
        let twice = pb::RecordContactRequest { contact_id: "c1".to_owned(), ..contact("e1", 0) };
        assert_eq!(refused(client.record_contact(twice).await).reason, Reason::ResourceExists);
        assert_eq!(
            refused(client.record_contact(contact("e1", 1)).await).violations,
            [("contact.contact_time".to_owned(), Reason::Inconsistent)]
        );
        assert_eq!(refused(client.record_contact(contact("e9", 0)).await).reason, Reason::ResourceNotFound);

        let all = pb::ListContactsRequest { parent: PARENT.to_owned(), ..Default::default() };
        let from = pb::ListContactsRequest {
            contact_time_from: Some(START.plus_minutes(-8 * 60).into()),
            contact_time_until: Some(START.into()),
            ..all.clone()
        };
        let of_expert = pb::ListContactsRequest { expert: format!("{PARENT}/experts/e2"), page_size: 1, ..all.clone() };
        for (request, expected) in [(all, &["c1", "c2", "c3", "c4"][..]), (from, &["c2"]), (of_expert, &["c4"])] {
            let page = client.list_contacts(request).await.unwrap().into_inner();
            let ids: Vec<&str> = page.contacts.iter().map(|one| one.name.rsplit('/').next().unwrap()).collect();
            assert_eq!((ids.as_slice(), page.next_page_token.as_str()), (expected, ""));
        }
    })
    .await;
}

#[tokio::test]
async fn the_charter_of_a_duplicate_binds_the_survivor() {
    each_engine("charter_merge", async |server| {
        bare::make(&server.channel, 2).await;
        let mut client = CharterServiceClient::new(server.channel.clone());
        let own = pb::Charter { sessions_a_week: Some(2), notice_hours: Some(24), ..charter("e1") };
        client.update_charter(update(own, &["sessions_a_week", "notice_hours"])).await.unwrap();
        let theirs = pb::Charter {
            sessions_a_week: Some(4),
            notice_hours: Some(72),
            sites: vec![format!("{PARENT}/sites/county")],
            ..charter("e2")
        };
        client.update_charter(update(theirs, &["sessions_a_week", "notice_hours", "sites"])).await.unwrap();
        client.record_contact(contact("e2", 0)).await.unwrap();
        bare::merge(&server.channel, "e1", "e2").await;
        let get = pb::GetCharterRequest { name: charter("e1").name };
        let joined = client.get_charter(get).await.unwrap().into_inner();
        assert_eq!((joined.version, joined.sessions_a_week, joined.notice_hours), (2, Some(2), Some(72)));
        assert_eq!(joined.sites, [format!("{PARENT}/sites/county")]);
        let list = pb::ListContactsRequest {
            parent: PARENT.to_owned(),
            expert: format!("{PARENT}/experts/e1"),
            ..Default::default()
        };
        assert_eq!(client.list_contacts(list).await.unwrap().get_ref().contacts.len(), 1);
        let gone = update(pb::Charter { sessions_a_week: Some(1), ..charter("e2") }, &["sessions_a_week"]);
        assert_eq!(refused(client.update_charter(gone).await).reason, Reason::IllegalTransition);
        // The duplicate's charter no longer keeps the site; the survivor's does.
        let free = update(charter("e1"), &["sites"]);
        client.update_charter(pb::UpdateCharterRequest { word: Some(word()), ..free }).await.unwrap();
        bare::delete_site(&server.channel, "county").await.unwrap();
    })
    .await;
}
