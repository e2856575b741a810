//! The papers on which a session rests on its day; what each kind needs is `credentials`' to say.
use super::{Case, Concern, Finding, Irregularity};
use crate::credentials::{Gap, Question};
use crate::kernel::Vocabulary as _;
use crate::sessions::draft::SessionDraft;

/// What of papers is missing, for every expert.
pub(super) fn of(case: &Case<'_>, found: &mut Vec<Finding>) {
    let Case { draft, snapshot, date: day, .. } = *case;
    for (field, id, expert) in case.experts() {
        let leads = *id == draft.expert;
        let needed = draft.specialty.as_ref().filter(|_| leads);
        let question = Question {
            kind: draft.kind,
            expert: id,
            scope: Some(&expert.scope),
            site: &draft.site,
            day,
            specialty: needed.or(expert.foremost()),
            grade: draft.grade,
            dossier: draft.dossier.as_ref(),
        };
        for gap in snapshot.papers.gaps(&question) {
            // What the list or the site lacks is said once.
            let is_own = leads || !matches!(gap, Gap::GradeRequired | Gap::GradeNotFiled);
            if is_own {
                found.push(finding(gap, draft, &question, field));
            }
        }
    }
}

fn finding(gap: Gap, draft: &SessionDraft, question: &Question<'_>, who: &'static str) -> Finding {
    let expert = ("expert", question.expert.into());
    let (site, date) = (("site", Concern::from(&draft.site)), ("date", Concern::from(question.day)));
    let grade = draft.grade.map(|grade| ("grade", Concern::Number(grade.number())));
    let specialty = question.specialty.map(|specialty| ("specialty", specialty.into()));
    let (irregularity, field, whom) = match gap {
        Gap::LicenceNotInForce => (Irregularity::LicenceNotInForce, who, vec![expert, date]),
        Gap::OutOfScope => {
            let what = specialty.into_iter().chain(grade);
            (Irregularity::OutOfScope, who, std::iter::once(expert).chain(what).collect())
        }
        Gap::NoLawfulBasis => {
            let kind = ("kind", Concern::Code(draft.kind.code()));
            (Irregularity::NoLawfulBasis, who, vec![expert, site, kind, date])
        }
        Gap::DossierRequired => {
            let dossier = draft.dossier.as_ref().map(|dossier| ("dossier", dossier.into()));
            let whom = std::iter::once(expert).chain(dossier).chain([date]);
            (Irregularity::DossierRequired, "dossier", whom.collect())
        }
        Gap::GradeRequired => (Irregularity::GradeRequired, "grade", Vec::new()),
        Gap::GradeNotFiled => {
            let whom = std::iter::once(site).chain(grade).chain([date]);
            (Irregularity::GradeNotFiled, "grade", whom.collect())
        }
        Gap::SurgeonNotAuthorised => {
            let whom = [expert, site].into_iter().chain(grade).chain([date]);
            (Irregularity::SurgeonNotAuthorised, who, whom.collect())
        }
    };
    Finding::new(irregularity, field, whom)
}
