//! Messages of bulletins to queries, and bulletins to messages.

use super::queries::ComposeBulletin;
use super::{Bulletin, Figures, Growth, Language, Opening, Year, text};
use crate::kernel::{Fields, Timestamp};
use crate::pb;

pub(super) fn get(
    fields: &mut Fields,
    request: &pb::GetBulletinRequest,
    now: Timestamp,
) -> (ComposeBulletin, Language) {
    let language = fields.optional_choice("language", request.language).unwrap_or(Language::Chinese);
    let query = ComposeBulletin {
        programme: fields.programme("name", &request.name),
        from: fields.optional_date("from_date", request.from_date.as_ref()),
        to: fields.optional_date("to_date", request.to_date.as_ref()),
        now,
    };
    (query, language)
}

pub(super) fn bulletin(bulletin: &Bulletin, language: Language, now: Timestamp) -> pb::Bulletin {
    pb::Bulletin {
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
    }
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
