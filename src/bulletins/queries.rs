//! Composing a bulletin: the tallies of a period and of each of its years, on one snapshot.

use chrono::Datelike as _;

use super::savings::{Method, MethodItem, Range};
use super::{Bulletin, Figures, Footnote, Opening, Savings, Top, Year, first, growth, measure, years};
use crate::activities::leaf;
use crate::db::{Query, Tx};
use crate::kernel::{Date, Error, Fen, Id, Reason, Residence, Result, Timestamp, Vocabulary as _};
use crate::programmes::{self, Programme};
use crate::savings::figures as reckoned;
use crate::sites;
use crate::tallies::queries::sensitivity::gather;
use crate::tallies::queries::{count, county_figures, cumulative};
use crate::tallies::sensitivity::{Gathered, Period};
use crate::tallies::{self, Basis, Definition, Dimension, Question, measures, store};

/// The longest period, in years.
pub const MOST_YEARS: u32 = 50;

/// Composes a programme's bulletin.
#[derive(Clone, Debug)]
pub struct ComposeBulletin {
    /// The programme.
    pub programme: Id,
    /// First day; `None`: the first of the first month that has records.
    pub from: Option<Date>,
    /// Last day; `None`: today in the programme's zone.
    pub to: Option<Date>,
    /// Whether attested records count alone.
    pub basis: Basis,
    /// Whether to say which assumptions carry the savings: that reads every trip of the period.
    pub with_sensitivity: bool,
    /// When it is composed.
    pub now: Timestamp,
}

/// A bulletin that lacks what carries its savings, and what that is worked out from, where it was asked for.
#[derive(Clone, Debug)]
pub struct Composed {
    bulletin: Bulletin,
    gathered: Option<Gathered>,
}

impl Composed {
    /// Whether something is still to be reckoned, which takes long.
    #[must_use]
    pub const fn is_gathered(&self) -> bool {
        self.gathered.is_some()
    }

    /// The whole bulletin.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn whole(self) -> Result<Bulletin> {
        let analysis = self.gathered.map(|gathered| gathered.analyse()).transpose()?;
        Ok(Bulletin { analysis, ..self.bulletin })
    }
}

/// What counts.
#[derive(Clone, Copy, Debug)]
struct Counted<'a> {
    programme: &'a Programme,
    basis: Basis,
}

impl Query for ComposeBulletin {
    type Output = Composed;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Composed> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        let to = self.to.unwrap_or_else(|| programme.zone.date_of(self.now));
        let from = match self.from {
            Some(from) => from,
            None => first_day(tx, &self.programme, to).await?,
        };
        check(from, to)?;
        let measures = measures()?;
        let basis = self.basis;
        let counted = Counted { programme: &programme, basis };
        let figures = figures(tx, counted, &measures, from, to).await?;
        let mut by_year = Vec::new();
        for (year, from, to) in years(from, to) {
            by_year.push(Year { year, from, to, figures: self::figures(tx, counted, &measures, from, to).await? });
        }
        let all: Vec<_> = measures::MEASURES.iter().collect();
        let lines = cumulative(tx, &programme, &all, (to, basis)).await?;
        let openings = lines.into_iter().map(|line| {
            let (balance, recorded_since) = (line.balance, line.flow);
            let cumulative = balance.quantity.checked_add(recorded_since);
            let cumulative = cumulative.ok_or(Error::Internal("a cumulative figure is beyond 64 bits"))?;
            Ok(Opening {
                measure: balance.measure.name.to_owned(),
                declared: balance.quantity,
                as_of: balance.as_of,
                document: balance.document,
                recorded_since,
                cumulative,
            })
        });
        let top_sites = tops(tx, counted, Dimension::Site, from, to).await?;
        let savings = savings(tx, counted, from, to).await?;
        let footnotes = footnotes(counted, to, &measures, &savings);
        let gathered = match self.with_sensitivity {
            true => Some(gather(tx, &programme, Period { from, to, basis }).await?),
            false => None,
        };
        let bulletin = Bulletin {
            basis,
            savings,
            analysis: None,
            top_sites: named(tx, &programme.id, top_sites).await?,
            top_specialties: tops(tx, counted, Dimension::Specialty, from, to).await?,
            openings: openings.collect::<Result<Vec<_>>>()?,
            growth: growth::growth(&by_year),
            footnotes,
            programme: programme.id,
            display_name: programme.display_name,
            from,
            to,
            figures,
            by_year,
        };
        Ok(Composed { bulletin, gathered })
    }
}

/// The first day of the first month that has records, or of the last day's year where none has.
async fn first_day(tx: &mut Tx<'_>, programme: &Id, to: Date) -> Result<Date> {
    let (_, months) = store::cell_span(tx, programme).await?;
    let first = months.and_then(|(first, _)| format!("{first}-01").parse().ok()).filter(|first: &Date| *first <= to);
    Ok(first.unwrap_or_else(|| Date::from_ymd_opt(to.year(), 1, 1).unwrap_or(to)))
}

fn check(from: Date, to: Date) -> Result<()> {
    if to < from {
        return Err(Error::field("to_date", Reason::Inconsistent, "must not be before from_date"));
    }
    let last = from.checked_add_months(chrono::Months::new(MOST_YEARS * 12));
    if last.is_some_and(|last| to >= last) {
        return Err(Error::field("to_date", Reason::OutOfRange, "must be at most 50 years after from_date"));
    }
    Ok(())
}

/// The measures of the figures, in the order of [`Figures`].
fn measures() -> Result<Vec<&'static Definition>> {
    let names = [
        measure::EXPERTS,
        measure::HOME_HOSPITALS,
        measure::ACTIVE_EXPERTS,
        measure::SITES,
        measure::SITTINGS,
        measure::CONSULTATIONS,
        measure::OPERATIONS,
        measure::DECLARED_SAVINGS,
    ];
    let definitions =
        names.into_iter().map(|name| measures::find(name).ok_or(Error::Internal("a bulletin's measure is gone")));
    definitions.collect()
}

async fn figures(
    tx: &mut Tx<'_>,
    counted: Counted<'_>,
    measures: &[&'static Definition],
    from: Date,
    to: Date,
) -> Result<Figures> {
    let question = counted.question((from, to), measures.to_vec(), Vec::new());
    let (answer, _) = count(tx, counted.programme, &question).await?;
    let total = |name: &str| {
        let place = measures.iter().position(|definition| definition.name == name);
        place.and_then(|place| answer.totals.get(place)).map_or(0, |number| number.quantity)
    };
    let savings = measures.iter().copied().filter(|definition| definition.name == measure::DECLARED_SAVINGS);
    let question = counted.question((from, to), savings.collect(), vec![Dimension::Residence]);
    let (split, _) = count(tx, counted.programme, &question).await?;
    let of = |residence: Residence| {
        let row = split.rows.iter().find(|(key, _)| key.first().is_some_and(|code| code == residence.code()));
        Fen::new(row.and_then(|(_, numbers)| numbers.first()).map_or(0, |number| number.quantity))
    };
    Ok(Figures {
        experts: total(measure::EXPERTS),
        home_hospitals: total(measure::HOME_HOSPITALS),
        active_experts: total(measure::ACTIVE_EXPERTS),
        sites: total(measure::SITES),
        sittings: total(measure::SITTINGS),
        consultations: total(measure::CONSULTATIONS),
        operations: total(measure::OPERATIONS),
        declared_savings_fen: Fen::new(total(measure::DECLARED_SAVINGS)),
        declared_savings_own_county_fen: of(Residence::OwnCounty),
        declared_savings_neighbouring_fen: of(Residence::Neighbouring),
    })
}

impl Counted<'_> {
    /// What counts of a period, as it is now.
    fn question(
        &self,
        (from, to): (Date, Date),
        measures: Vec<&'static Definition>,
        group_by: Vec<Dimension>,
    ) -> Question {
        Question { group_by, basis: self.basis, ..Question::of(measures, from, to) }
    }
}

/// What households saved, reckoned trip by trip, and the county's own method beside it.
async fn savings(tx: &mut Tx<'_>, counted: Counted<'_>, from: Date, to: Date) -> Result<Savings> {
    let names = [
        [reckoned::NET_LOW, reckoned::NET, reckoned::NET_HIGH, reckoned::NET_BESIDE],
        [reckoned::BILL_LOW, reckoned::BILL, reckoned::BILL_HIGH, reckoned::BILL_BESIDE],
        [reckoned::ITEMISED, reckoned::TARIFF, reckoned::DECLARED, reckoned::UNSOURCED],
        [reckoned::KNOWN, reckoned::ELIGIBLE, reckoned::BILL_KNOWN, reckoned::BILL_ELIGIBLE],
    ];
    let others = [reckoned::AVOIDED_TRIPS, reckoned::TRIPS_IN_VAIN, leaf::ELIGIBLE_SERVICES, reckoned::TOLD_SERVICES];
    let measures = names.iter().flatten().chain(&others).map(|measure| measures::find(measure.as_str()));
    let measures: Vec<_> =
        measures.map(|found| found.ok_or(Error::Internal("a bulletin's measure is gone"))).collect::<Result<_>>()?;
    let question = counted.question((from, to), measures, Vec::new());
    let (answer, _) = count(tx, counted.programme, &question).await?;
    let of = |place: usize| answer.totals.get(place).map_or(0, |number| number.quantity);
    let fen = |place: usize| Fen::new(of(place));
    let method = |it: tallies::queries::CountyFigure| {
        let item = |(line, own): (crate::savings::county::MethodLine, &crate::savings::county::Item)| MethodItem {
            label: line.label,
            unit: own.unit,
            rate: line.amount,
            quantity: line.count,
            amount: line.product,
            counts: !line.refused,
        };
        Method {
            policy: it.policy,
            name: format!("{} {}", it.method.name, it.method.version),
            from: it.from,
            to: it.to,
            amount: it.figure.accepted,
            items: it.figure.lines.into_iter().zip(&it.method.items).map(item).collect(),
        }
    };
    Ok(Savings {
        net: Range { low: fen(0), base: fen(1), high: fen(2) },
        net_beside: fen(3),
        bill: Range { low: fen(4), base: fen(5), high: fen(6) },
        bill_beside: fen(7),
        classes: [8, 9, 10, 11].map(fen),
        known: of(12),
        eligible: of(13),
        bill_known: of(14),
        bill_eligible: of(15),
        trips: of(16),
        in_vain: of(17),
        services: of(18),
        services_told: of(19),
        methods: county_figures(tx, counted.programme, (from, to), counted.basis)
            .await?
            .into_iter()
            .map(method)
            .collect(),
    })
}

/// The values of a dimension that have most in a period.
async fn tops(tx: &mut Tx<'_>, counted: Counted<'_>, by: Dimension, from: Date, to: Date) -> Result<Vec<Top>> {
    let measures = [measure::SITTINGS, measure::CONSULTATIONS, measure::OPERATIONS].map(measures::find);
    let measures = measures.into_iter().flatten().collect();
    let question = counted.question((from, to), measures, vec![by]);
    let (answer, _) = count(tx, counted.programme, &question).await?;
    let top = |(key, numbers): (Vec<String>, Vec<tallies::Number>)| {
        let key = key.into_iter().next().unwrap_or_default();
        let [sittings, consultations, operations] =
            [0, 1, 2].map(|place| numbers.get(place).map_or(0, |number| number.quantity));
        Top { name: key.clone(), key, sittings, consultations, operations }
    };
    Ok(first(
        answer.rows.into_iter().filter(|(key, _)| key.first().is_some_and(|key| !key.is_empty())).map(top).collect(),
    ))
}

/// Sites by what they are called.
async fn named(tx: &mut Tx<'_>, programme: &Id, mut tops: Vec<Top>) -> Result<Vec<Top>> {
    let ids: Vec<Id> = tops.iter().filter_map(|top| Id::parse(&top.key).ok()).collect();
    let sites = sites::store::many(tx, programme, &ids).await?;
    for top in &mut tops {
        if let Some(site) = Id::parse(&top.key).ok().and_then(|id| sites.get(&id)) {
            top.name.clone_from(&site.profile.display_name);
        }
    }
    Ok(tops)
}

/// What the figures mean, from the measures' own definitions; the unit of a sitting is the programme's setting.
fn footnotes(counted: Counted<'_>, to: Date, measures: &[&'static Definition], savings: &Savings) -> Vec<Footnote> {
    use crate::programmes::SittingUnit;
    let unit = match counted.programme.sitting_unit_on(to) {
        SittingUnit::HalfDay => Footnote {
            zh: "坐诊次的计量单位：午别（一天上、下午各计一次）".to_owned(),
            en: "The unit of a sitting is the half-day: a whole day is two.".to_owned(),
        },
        SittingUnit::Day => Footnote {
            zh: "坐诊次的计量单位：日（一天计一次）".to_owned(),
            en: "The unit of a sitting is the day: a whole day is one.".to_owned(),
        },
    };
    let note = |definition: &&'static Definition| {
        let joined = |(zh, en): (&str, &str), (zh_more, en_more): (&str, &str)| match (zh_more, en_more) {
            ("", "") => (zh.to_owned(), en.to_owned()),
            _ => (format!("{zh}；{zh_more}"), format!("{en} {en_more}")),
        };
        let (zh, en) = joined(definition.definition, definition.footnote);
        Footnote { zh, en }
    };
    let (zh, en) = match counted.basis {
        Basis::Recorded => (
            "本简报统计全部已登记的记录，不以核验为条件；期初数另列，不计入各数",
            "Everything that is recorded, attested or not; opening balances stand apart and are in none of the figures.",
        ),
        Basis::Attested => (
            "本简报只统计经登记人以外的人核验的记录，有异议的不计；在册专家没有核验单，按登记统计；节省费用只计其各项服务均经核验的行程；期初数另列，不计入各数",
            "Only what another person than the recorder has attested, nothing that is disputed; the roster has no sheets and counts as recorded; \
             of trips, those whose every service is attested; opening balances stand apart and are in none of the figures.",
        ),
    };
    let basis = Footnote { zh: zh.to_owned(), en: en.to_owned() };
    let covered = savings.has_trips().then(|| Footnote {
        zh: "节省费用的覆盖：分母为可能使患者免于外出就医的全部诊疗人次和手术台次，未登记行程的也在内；不含义诊、查房、带教、讲座、仅有人数的登记及本地医生独立手术".to_owned(),
        en: "Coverage of savings counts from every consultation and operation case that can save a trip, with a trip on record or without; \
             free clinics, rounds, lessons, lectures, headcounts and cases of local surgeons alone can't."
            .to_owned(),
    });
    measures.iter().map(note).chain([unit, basis]).chain(covered).collect()
}
