//! `homecoming bulletin`: a programme's bulletin from a server that runs, as text or JSON.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Failure;
use super::client::{self, sentence};
use crate::kernel::Date;
use crate::pb;
use crate::pb::bulletin_service_client::BulletinServiceClient;

mod sensitivity;

/// Arguments of `homecoming bulletin`.
#[derive(Debug, Args)]
pub struct Bulletin {
    /// The programme, such as `liling`
    programme: String,
    /// First day, such as 2024-01-01; else the first of the first month that has records
    #[arg(long)]
    from: Option<Date>,
    /// Last day, included; else today
    #[arg(long)]
    to: Option<Date>,
    /// Print JSON
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// Print one page of HTML with charts, in itself whole
    #[arg(long)]
    html: bool,
    /// Which records count: everything recorded, or only what another person has attested
    #[arg(long, value_enum, default_value_t = Basis::Recorded)]
    basis: Basis,
    /// Say which assumptions carry the savings, and where they break even
    #[arg(long)]
    sensitivity: bool,
    /// In English instead of Chinese
    #[arg(long)]
    english: bool,
    #[command(flatten)]
    server: client::Server,
}

/// Which records count.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Basis {
    /// Everything that is recorded
    Recorded,
    /// Only what another person has attested
    Attested,
}

impl From<Basis> for pb::TallyBasis {
    fn from(basis: Basis) -> Self {
        match basis {
            Basis::Recorded => Self::Recorded,
            Basis::Attested => Self::Attested,
        }
    }
}

impl Bulletin {
    /// Prints the bulletin.
    ///
    /// # Errors
    /// What the server refused, or that it can't be reached.
    pub async fn run(self) -> Result<(), Failure> {
        let channel = self.server.connect().await?;
        let language = if self.english { pb::BulletinLanguage::En } else { pb::BulletinLanguage::Zh };
        let request = pb::GetBulletinRequest {
            name: client::programme(&channel, Some(&self.programme)).await?,
            from_date: self.from.map(Into::into),
            to_date: self.to.map(Into::into),
            language: language.into(),
            with_html: self.html,
            basis: pb::TallyBasis::from(self.basis).into(),
            with_sensitivity: self.sensitivity,
        };
        let answer = BulletinServiceClient::new(channel).get_bulletin(request).await;
        let bulletin = answer.map_err(|status| sentence(&self.programme, &status))?.into_inner();
        if self.json {
            println!("{}", serde_json::to_string_pretty(&Document::of(&bulletin))?);
        } else if self.html {
            print!("{}", bulletin.html);
        } else {
            print!("{}", bulletin.text);
        }
        Ok(())
    }
}

/// What is printed as JSON. The whole period's figures stand at the top level; savings are in fen.
#[derive(Serialize)]
struct Document<'a> {
    programme: &'a str,
    display_name: &'a str,
    from: String,
    to: String,
    basis: &'a str,
    #[serde(flatten)]
    figures: Figures,
    by_year: Vec<Year>,
    top_sites: Vec<Top<'a>>,
    top_specialties: Vec<Top<'a>>,
    savings: Option<Savings<'a>>,
    sensitivity: Option<sensitivity::Analysis<'a>>,
    opening_balances: Vec<Opening<'a>>,
    growth: Vec<Growth<'a>>,
    footnotes: &'a [String],
}

#[derive(Serialize)]
struct Figures {
    experts: i64,
    home_hospitals: i64,
    active_experts: i64,
    sites: i64,
    sittings: i64,
    consultations: i64,
    operations: i64,
    declared_savings_fen: i64,
    declared_savings_own_county_fen: i64,
    declared_savings_neighbouring_fen: i64,
}

#[derive(Serialize)]
struct Year {
    year: i32,
    from: String,
    to: String,
    #[serde(flatten)]
    figures: Figures,
}

#[derive(Serialize)]
struct Savings<'a> {
    net: Range,
    bill: Range,
    net_beside_fen: i64,
    bill_beside_fen: i64,
    itemised_fen: i64,
    tariff_fen: i64,
    declared_fen: i64,
    unsourced_fen: i64,
    known: i64,
    eligible: i64,
    bill_known: i64,
    bill_eligible: i64,
    avoided_trips: i64,
    trips_in_vain: i64,
    services: i64,
    services_told: i64,
    methods: Vec<Method<'a>>,
}

#[derive(Serialize)]
struct Range {
    low_fen: i64,
    base_fen: i64,
    high_fen: i64,
}

#[derive(Serialize)]
struct Method<'a> {
    policy: &'a str,
    display_name: &'a str,
    from: String,
    to: String,
    amount_fen: i64,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    label: &'a str,
    rate_fen: i64,
    quantity: i64,
    amount_fen: i64,
    counted: bool,
}

impl<'a> Savings<'a> {
    fn of(savings: &'a pb::BulletinSavings) -> Self {
        let range = |range: Option<pb::BulletinRange>| {
            let pb::BulletinRange { low_fen, base_fen, high_fen } = range.unwrap_or_default();
            Range { low_fen, base_fen, high_fen }
        };
        Self {
            net: range(savings.net),
            bill: range(savings.bill),
            net_beside_fen: savings.net_beside_fen,
            bill_beside_fen: savings.bill_beside_fen,
            itemised_fen: savings.itemised_fen,
            tariff_fen: savings.tariff_fen,
            declared_fen: savings.declared_fen,
            unsourced_fen: savings.unsourced_fen,
            known: savings.known_count,
            eligible: savings.eligible_count,
            bill_known: savings.bill_known_count,
            bill_eligible: savings.bill_eligible_count,
            avoided_trips: savings.avoided_trip_count,
            trips_in_vain: savings.trip_in_vain_count,
            services: savings.service_count,
            services_told: savings.service_told_count,
            methods: savings.methods.iter().map(Method::of).collect(),
        }
    }
}

impl<'a> Method<'a> {
    fn of(method: &'a pb::BulletinMethod) -> Self {
        let item = |item: &'a pb::BulletinMethodItem| {
            let pb::BulletinMethodItem { label, rate_fen, quantity, amount_fen, counted } = item;
            let (rate_fen, quantity, amount_fen, counted) = (*rate_fen, *quantity, *amount_fen, *counted);
            Item { label, rate_fen, quantity, amount_fen, counted }
        };
        Self {
            policy: &method.policy,
            display_name: &method.display_name,
            from: date(method.from_date.as_ref()),
            to: date(method.to_date.as_ref()),
            amount_fen: method.amount_fen,
            items: method.items.iter().map(item).collect(),
        }
    }
}

#[derive(Serialize)]
struct Top<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    site: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    specialty: &'a str,
    display_name: &'a str,
    sittings: i64,
    consultations: i64,
    operations: i64,
}

impl<'a> Top<'a> {
    fn of(top: &'a pb::BulletinTop) -> Self {
        let pb::BulletinTop { site, specialty, display_name, sittings, consultations, operations } = top;
        let (sittings, consultations, operations) = (*sittings, *consultations, *operations);
        Self { site, specialty, display_name, sittings, consultations, operations }
    }
}

#[derive(Serialize)]
struct Opening<'a> {
    measure: &'a str,
    declared: i64,
    as_of: String,
    document: &'a str,
    recorded_since: i64,
    cumulative: i64,
}

#[derive(Serialize)]
struct Growth<'a> {
    measure: &'a str,
    year: i32,
    before: i64,
    after: i64,
    basis_points: Option<i64>,
}

impl<'a> Document<'a> {
    fn of(bulletin: &'a pb::Bulletin) -> Self {
        let opening = |opening: &'a pb::BulletinOpening| Opening {
            measure: &opening.measure,
            declared: opening.declared,
            as_of: date(opening.as_of_date.as_ref()),
            document: &opening.document,
            recorded_since: opening.recorded_since,
            cumulative: opening.cumulative,
        };
        let growth = |growth: &'a pb::BulletinGrowth| Growth {
            measure: &growth.measure,
            year: growth.year,
            before: growth.before,
            after: growth.after,
            basis_points: growth.basis_points,
        };
        Self {
            programme: &bulletin.name,
            display_name: &bulletin.display_name,
            from: date(bulletin.from_date.as_ref()),
            to: date(bulletin.to_date.as_ref()),
            basis: match bulletin.basis() {
                pb::TallyBasis::Unspecified | pb::TallyBasis::Recorded => "recorded",
                pb::TallyBasis::Attested => "attested",
            },
            figures: Figures::of(bulletin.figures.unwrap_or_default()),
            by_year: bulletin.by_year.iter().map(Year::of).collect(),
            top_sites: bulletin.top_sites.iter().map(Top::of).collect(),
            top_specialties: bulletin.top_specialties.iter().map(Top::of).collect(),
            savings: bulletin.savings.as_ref().map(Savings::of),
            sensitivity: bulletin.analysis.as_ref().map(sensitivity::Analysis::of),
            opening_balances: bulletin.opening_balances.iter().map(opening).collect(),
            growth: bulletin.growth.iter().map(growth).collect(),
            footnotes: &bulletin.footnotes,
        }
    }
}

impl Figures {
    fn of(figures: pb::BulletinFigures) -> Self {
        Self {
            experts: figures.experts,
            home_hospitals: figures.home_hospitals,
            active_experts: figures.active_experts,
            sites: figures.sites,
            sittings: figures.sittings,
            consultations: figures.consultations,
            operations: figures.operations,
            declared_savings_fen: figures.declared_savings_fen,
            declared_savings_own_county_fen: figures.declared_savings_own_county_fen,
            declared_savings_neighbouring_fen: figures.declared_savings_neighbouring_fen,
        }
    }
}

impl Year {
    fn of(year: &pb::BulletinYear) -> Self {
        Self {
            year: year.year,
            from: date(year.from_date.as_ref()),
            to: date(year.to_date.as_ref()),
            figures: Figures::of(year.figures.unwrap_or_default()),
        }
    }
}

/// `2024-03-05`; empty where there is none.
fn date(date: Option<&pb::Date>) -> String {
    date.map_or(String::new(), |date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day))
}
