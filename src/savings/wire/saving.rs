//! Savings and other results as messages.
use super::{cases_message, item};
use crate::kernel::{Fen, Id, Result, Vocabulary as _};
use crate::pb;
use crate::savings::bill::Comparison;
use crate::savings::county::{Item, MethodFigure, MethodLine};
use crate::savings::published::{PublishedResult, SideResult};
use crate::savings::saving::Standing;
use crate::savings::{Amount, Cases, Ledger, Line, Saving, Source};

fn fen(amount: Cases<Fen>) -> pb::Cases {
    cases_message(amount.map(Fen::get))
}

/// A saving with everything that explains it.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub(in crate::savings) fn saving(programme: &Id, policy: &Id, saving: &Saving) -> Result<pb::Saving> {
    Ok(pb::Saving {
        parts: part_amounts(saving),
        ledgers: ledger_amounts(saving)?,
        lines: saving.lines.iter().map(|it| line(programme, it)).collect(),
        stratum: saving.stratum.number(),
        identity: saving.comparison.map(identity).transpose()?,
        policy: format!("programmes/{programme}/saving-policies/{policy}"),
    })
}

/// Every part.
pub(super) fn part_amounts(saving: &Saving) -> Vec<pb::SavingPartAmount> {
    let part = |(part, stands): (&crate::savings::Part, &crate::savings::PartAmount)| pb::SavingPartAmount {
        part: part.number(),
        amount: Some(amount(stands.amount)),
        provenance: stands.class.number(),
        evidence: stands.evidence.number(),
        standing: stands.standing().number(),
    };
    saving.parts.iter().map(part).collect()
}

/// Every ledger.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub(super) fn ledger_amounts(saving: &Saving) -> Result<Vec<pb::SavingLedgerAmount>> {
    let ledger = |ledger: &Ledger| {
        Ok(pb::SavingLedgerAmount {
            ledger: ledger.number(),
            amount: Some(amount(saving.ledger(*ledger)?)),
            headline_fen: saving.standing(*ledger, Standing::Headline)?.map(fen),
            beside_fen: saving.standing(*ledger, Standing::Beside)?.map(fen),
        })
    };
    Ledger::ALL.iter().map(ledger).collect()
}

fn amount(amount: Amount) -> pb::SavingAmount {
    let (exclusion, unknown) = match amount {
        Amount::Known(_) => (0, 0),
        Amount::Excluded(exclusion) => (exclusion.number(), 0),
        Amount::Unknown(unknown) => (0, unknown.number()),
    };
    pb::SavingAmount { fen: amount.fen().map(fen), exclusion, unknown }
}

fn line(programme: &Id, line: &Line) -> pb::SavingLine {
    let (quantity, rate) = (line.quantity.base, line.rate.base.get());
    let exact = i128::from(quantity.count) * i128::from(rate);
    let rounding = i128::from(line.product.base.get()) * i128::from(quantity.per) - exact;
    let (tariff, source) = match &line.source {
        Source::Tariff { tariff, published } => (format!("programmes/{programme}/tariffs/{tariff}"), published.clone()),
        Source::Document(document) => (String::new(), document.clone()),
        Source::Reckoned => (String::new(), String::new()),
    };
    pb::SavingLine {
        part: line.part.map_or(0, |part| part.number()),
        side: line.side.number(),
        component: line.component.number(),
        rule: line.rule.number(),
        quantity: Some(cases_message(line.quantity.map(|it| it.count))),
        quantity_per: Some(cases_message(line.quantity.map(|it| it.per))),
        rate_fen: Some(fen(line.rate)),
        product_fen: Some(fen(line.product)),
        // At most half of the denominator, which is 10,000 at most.
        rounding: i64::try_from(rounding).unwrap_or_default(),
        provenance: line.class.number(),
        evidence: line.evidence.number(),
        tariff,
        source,
    }
}

fn identity(cases: Cases<Comparison>) -> Result<pb::BillIdentity> {
    let of = |figure: fn(&Comparison) -> Result<Fen>| cases.try_map(|case| figure(&case)).map(|it| Some(fen(it)));
    Ok(pb::BillIdentity {
        gap_fen: of(Comparison::gap)?,
        bill_fen: of(Comparison::bill)?,
        fund_fen: of(Comparison::fund)?,
        assistance_fen: of(Comparison::assistance)?,
        fee_fen: of(|case| Ok(case.fee))?,
    })
}

pub(in crate::savings) fn published_result(result: &PublishedResult) -> pb::ReckonPublishedResponse {
    let side = |side: &SideResult| pb::PublishedSideResult {
        total: side.total.get(),
        unallocated: side.unallocated.get(),
        mean: side.mean.map(Fen::get),
        households_at_least: side.households_at_least.get(),
        households_at_most: side.households_at_most.get(),
    };
    pb::ReckonPublishedResponse {
        avoided: Some(side(&result.avoided)),
        incurred: Some(side(&result.incurred)),
        saved: result.saved.get(),
        mean_saved: result.mean_saved.map(Fen::get),
        saved_bp: result.saved_bp.map(Fen::get),
        unallocated_saving: result.unallocated_saving.get(),
    }
}

pub(in crate::savings) fn method_figure(items: &[Item], figure: &MethodFigure) -> pb::ReckonMethodResponse {
    let line = |(of, line): (&Item, &MethodLine)| pb::MethodLine {
        item: Some(item(of)),
        count: line.count,
        product_fen: line.product.get(),
        refused: line.refused,
    };
    pb::ReckonMethodResponse {
        accepted_fen: figure.accepted.get(),
        refused_fen: figure.refused.get(),
        lines: items.iter().zip(&figure.lines).map(line).collect(),
        provenance: MethodFigure::CLASS.number(),
        evidence: MethodFigure::EVIDENCE.number(),
    }
}
