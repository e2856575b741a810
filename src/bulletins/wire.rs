//! Messages of bulletins to queries, and bulletins to messages.

use super::queries::ComposeBulletin;
use super::savings::{Method, MethodItem, Range};
use super::{Bulletin, Figures, Growth, Language, Opening, Savings, Top, Year, html, specialties, text};
use crate::kernel::{Fields, Result, Timestamp, Vocabulary as _};
use crate::pb;
use crate::tallies::Basis;
use crate::tallies::wire::sensitivity::analysis;

pub(super) fn get(fields: &mut Fields, request: &pb::GetBulletinRequest, now: Timestamp) -> (ComposeBulletin, Wording) {
    let language = fields.optional_choice("language", request.language).unwrap_or(Language::Chinese);
    let query = ComposeBulletin {
        programme: fields.programme("name", &request.name),
        from: fields.optional_date("from_date", request.from_date.as_ref()),
        to: fields.optional_date("to_date", request.to_date.as_ref()),
        basis: fields.optional_choice("basis", request.basis).unwrap_or(Basis::Recorded),
        with_sensitivity: request.with_sensitivity,
        now,
    };
    (query, Wording { language, with_html: request.with_html })
}

/// How a bulletin is put into words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording {
    language: Language,
    with_html: bool,
}

pub(super) fn bulletin(bulletin: &Bulletin, wording: Wording, now: Timestamp) -> Result<pb::Bulletin> {
    let language = wording.language;
    let page = if wording.with_html { html::render(bulletin, language)? } else { String::new() };
    Ok(pb::Bulletin {
        name: bulletin.name().to_string(),
        display_name: bulletin.display_name.clone(),
        from_date: Some(bulletin.from.into()),
        to_date: Some(bulletin.to.into()),
        figures: Some(figures(&bulletin.figures)),
        by_year: bulletin.by_year.iter().map(year).collect(),
        opening_balances: bulletin.openings.iter().map(opening).collect(),
        growth: bulletin.growth.iter().map(growth).collect(),
        footnotes: bulletin.footnotes_in(language),
        text: text::render(bulletin, language),
        compose_time: Some(now.into()),
        top_sites: bulletin.top_sites.iter().map(|site| top(bulletin, site)).collect(),
        top_specialties: bulletin
            .top_specialties
            .iter()
            .map(|of| pb::BulletinTop {
                specialty: of.key.clone(),
                display_name: specialties::name(&of.key, language),
                ..counted(of)
            })
            .collect(),
        html: page,
        savings: Some(savings(&bulletin.name().to_string(), &bulletin.savings)),
        basis: bulletin.basis.number(),
        analysis: bulletin.analysis.as_ref().map(|it| analysis(&bulletin.programme, it)).transpose()?,
    })
}

fn savings(programme: &str, savings: &Savings) -> pb::BulletinSavings {
    let range = |range: &Range| pb::BulletinRange {
        low_fen: range.low.get(),
        base_fen: range.base.get(),
        high_fen: range.high.get(),
    };
    let item = |item: &MethodItem| pb::BulletinMethodItem {
        label: item.label.clone(),
        rate_fen: item.rate.get(),
        quantity: item.quantity,
        amount_fen: item.amount.get(),
        counted: item.counts,
    };
    let method = |method: &Method| pb::BulletinMethod {
        policy: format!("{programme}/saving-policies/{}", method.policy),
        display_name: method.name.clone(),
        from_date: Some(method.from.into()),
        to_date: Some(method.to.into()),
        amount_fen: method.amount.get(),
        items: method.items.iter().map(item).collect(),
    };
    let [itemised, tariff, declared, unsourced] = savings.classes.map(crate::kernel::Fen::get);
    pb::BulletinSavings {
        net: Some(range(&savings.net)),
        bill: Some(range(&savings.bill)),
        net_beside_fen: savings.net_beside.get(),
        bill_beside_fen: savings.bill_beside.get(),
        itemised_fen: itemised,
        tariff_fen: tariff,
        declared_fen: declared,
        unsourced_fen: unsourced,
        known_count: savings.known,
        eligible_count: savings.eligible,
        bill_known_count: savings.bill_known,
        bill_eligible_count: savings.bill_eligible,
        service_count: savings.services,
        service_told_count: savings.services_told,
        avoided_trip_count: savings.trips,
        trip_in_vain_count: savings.in_vain,
        methods: savings.methods.iter().map(method).collect(),
    }
}

fn top(bulletin: &Bulletin, site: &Top) -> pb::BulletinTop {
    let name = format!("{}/sites/{}", bulletin.name(), site.key);
    pb::BulletinTop { site: name, display_name: site.name.clone(), ..counted(site) }
}

fn counted(top: &Top) -> pb::BulletinTop {
    let Top { sittings, consultations, operations, .. } = *top;
    pb::BulletinTop { sittings, consultations, operations, ..pb::BulletinTop::default() }
}

fn figures(figures: &Figures) -> pb::BulletinFigures {
    pb::BulletinFigures {
        experts: figures.experts,
        home_hospitals: figures.home_hospitals,
        active_experts: figures.active_experts,
        sites: figures.sites,
        sittings: figures.sittings,
        consultations: figures.consultations,
        operations: figures.operations,
        declared_savings_fen: figures.declared_savings_fen.get(),
        declared_savings_own_county_fen: figures.declared_savings_own_county_fen.get(),
        declared_savings_neighbouring_fen: figures.declared_savings_neighbouring_fen.get(),
    }
}

fn year(year: &Year) -> pb::BulletinYear {
    pb::BulletinYear {
        year: year.year,
        from_date: Some(year.from.into()),
        to_date: Some(year.to.into()),
        figures: Some(figures(&year.figures)),
    }
}

fn opening(opening: &Opening) -> pb::BulletinOpening {
    pb::BulletinOpening {
        measure: opening.measure.clone(),
        declared: opening.declared,
        as_of_date: Some(opening.as_of.into()),
        document: opening.document.clone(),
        recorded_since: opening.recorded_since,
        cumulative: opening.cumulative,
    }
}

fn growth(growth: &Growth) -> pb::BulletinGrowth {
    pb::BulletinGrowth {
        measure: growth.measure.to_owned(),
        year: growth.year,
        before: growth.before,
        after: growth.after,
        basis_points: growth.basis_points,
    }
}
