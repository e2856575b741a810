//! The papers that plans rest on, entered over the socket: what every fixture's experts have.
use homecoming::pb;
use homecoming::pb::credential_service_client::CredentialServiceClient;
use tonic::transport::Channel;

/// The most papers of one call.
const MOST: usize = 200;

/// A paper from a day on.
pub fn paper(paper: pb::credential::Paper, from: pb::Date) -> pb::Credential {
    pb::Credential {
        paper: Some(paper), from_date: Some(from), document: "文件 1 号".to_owned(), ..Default::default()
    }
}

/// A licence in force, and bases for every kind of session at all sites.
pub fn of_expert(expert: &str, from: pb::Date) -> Vec<pb::Credential> {
    let licence = pb::credential::Paper::Licence(pb::LicencePeriod { expert: expert.to_owned() });
    let bases = [pb::BasisKind::Filed, pb::BasisKind::FreeClinicNotice, pb::BasisKind::RemoteAgreement];
    let basis = |kind: pb::BasisKind| {
        let basis = pb::LegalBasis { expert: expert.to_owned(), kind: kind as i32, sites: Vec::new() };
        paper(pb::credential::Paper::Basis(basis), from)
    };
    std::iter::once(paper(licence, from)).chain(bases.map(basis)).collect()
}

/// A site's list of operations, all of them.
pub fn grade_list(site: &str, from: pb::Date) -> pb::Credential {
    let list = pb::GradeList { site: site.to_owned(), specialty: String::new(), highest_grade: 4 };
    paper(pb::credential::Paper::GradeList(list), from)
}

/// A surgeon's authorisation at a site, for everything.
pub fn authorisation(expert: &str, site: &str, from: pb::Date) -> pb::Credential {
    let authorisation = pb::Authorisation {
        expert: expert.to_owned(),
        site: site.to_owned(),
        highest_grade: 4,
        specialties: Vec::new(),
    };
    paper(pb::credential::Paper::Authorisation(authorisation), from)
}

/// Enters papers that must be accepted.
pub async fn enter(channel: &Channel, parent: &str, papers: Vec<pb::Credential>) {
    let mut client = CredentialServiceClient::new(channel.clone());
    for rows in papers.chunks(MOST) {
        let row = |credential: &pb::Credential| pb::CreateCredentialRequest {
            credential: Some(credential.clone()),
            ..Default::default()
        };
        let request = pb::BatchCreateCredentialsRequest {
            parent: parent.to_owned(),
            requests: rows.iter().map(row).collect(),
            ..Default::default()
        };
        client.batch_create_credentials(request).await.unwrap();
    }
}
