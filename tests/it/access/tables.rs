//! Tables of an import are brought in by those who may enter their rows; and what a hospital's system sees of experts.
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use futures_util::stream;
use homecoming::access::Role;
use homecoming::access::table::by_method;
use homecoming::imports::Table;
use homecoming::kernel::{Reason, Vocabulary as _};
use homecoming::pb;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::import_service_client::ImportServiceClient;
use homecoming::pb::import_table_request::Part;
use homecoming::pb::pairing_service_client::PairingServiceClient;
use tonic::Code;

use super::{Line, each_guarded, line, make_programme, member};
use crate::support::county::tie;
use crate::support::errors::{Refused, refusal, refused};

/// Brings a file of the example in: the refusal, if there is one.
async fn import(line: &Line, file_name: &str) -> Option<Refused> {
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/liling").join(file_name)).unwrap();
    let (parent, file_name) = ("programmes/mine".to_owned(), file_name.to_owned());
    let header = pb::ImportTableHeader { parent, file_name, validate_only: true, ..Default::default() };
    let parts = [Part::Header(header), Part::Chunk(bytes)].map(|part| pb::ImportTableRequest { part: Some(part) });
    let answer = ImportServiceClient::new(line.clone()).import_table(stream::iter(parts)).await;
    let mut events = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => return Some(refusal(&status)),
    };
    loop {
        match events.message().await {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(status) => return Some(refusal(&status)),
        }
    }
}

#[test]
fn every_table_is_for_those_whom_the_table_of_access_lets_enter_its_rows() {
    let mut all = BTreeSet::new();
    for table in Table::ALL {
        let entry = by_method(table.entered_by()).unwrap_or_else(|| panic!("{} isn't served", table.entered_by()));
        assert!(table.importers().into_iter().eq(entry.roles()), "{table:?}");
        all.extend(table.importers());
    }
    let whole = by_method("ImportService.ImportTable").unwrap();
    assert_eq!(whole.roles().collect::<BTreeSet<_>>(), all, "who brings in no table at all has no business there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_for_those_who_may_enter_its_rows() {
    each_guarded("tables", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        let mut lines = vec![(Role::Owner, mine.clone())];
        for role in [Role::Scheduler, Role::Recorder, Role::Reporter] {
            let given = pb::AccessRole::try_from(role.number()).unwrap();
            lines.push((role, member(&server, &mine, "mine", &role.word(), given).await));
        }
        let files = [
            ("01-医院.csv", Table::Hospitals),
            ("07-场次.csv", Table::Sessions),
            ("08-服务记录.csv", Table::Activities),
            ("09-期初数.csv", Table::OpeningBalances),
        ];
        for (role, line) in &lines {
            for (file, table) in files {
                let refused = import(line, file).await.map(|refused| refused.reason);
                let right = (!table.importers().contains(role)).then_some(Reason::RoleRequired);
                assert_eq!(refused, right, "{role:?} {file}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hospitals_system_sees_of_experts_what_it_books_by() {
    each_guarded("books_by", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        let expert = pb::Expert {
            home_ties: vec![tie(pb::HomeTieKind::Born, "430281")],
            external_ids: vec![pb::ExternalId { system: "hr".to_owned(), value: "staff-7".to_owned() }],
            ..crate::support::liling::expert("03.04")
        };
        let request = pb::CreateExpertRequest {
            parent: "programmes/mine".to_owned(),
            expert_id: "e1".to_owned(),
            expert: Some(expert),
            ..Default::default()
        };
        let made = ExpertServiceClient::new(mine.clone()).create_expert(request).await.unwrap().into_inner();
        let desk = member(&server, &mine, "mine", "his", pb::AccessRole::HospitalSystem).await;
        let get = pb::GetExpertRequest { name: made.name.clone() };
        let list = pb::ListExpertsRequest { parent: "programmes/mine".to_owned(), ..Default::default() };
        let seen = ExpertServiceClient::new(desk.clone()).get_expert(get.clone()).await.unwrap().into_inner();
        assert_eq!(seen, pb::Expert { home_ties: Vec::new(), external_ids: Vec::new(), ..made.clone() });
        let listed = ExpertServiceClient::new(desk.clone()).list_experts(list).await.unwrap().into_inner().experts;
        assert_eq!(listed, [seen]);
        assert_eq!(ExpertServiceClient::new(mine.clone()).get_expert(get).await.unwrap().into_inner(), made);
        let pairings = pb::ListPairingsRequest { parent: "programmes/mine".to_owned(), ..Default::default() };
        let no = refused(PairingServiceClient::new(desk).list_pairings(pairings).await);
        assert_eq!((no.code, no.reason), (Code::PermissionDenied, Reason::RoleRequired));
    })
    .await;
}
