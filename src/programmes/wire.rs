//! Messages of programmes to commands, and programmes to messages.
use super::commands::{CreateProgramme, EndProgramme, GetProgramme, ListProgrammes, SetSittingUnit, UpdateProgramme};
use super::store::Filter;
use super::{Programme, SittingUnitVersion};
use crate::kernel::{Caller, Fields, Id, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::wire::mutations;

mutations!(pb::CreateProgrammeRequest, pb::UpdateProgrammeRequest, pb::SetSittingUnitRequest, pb::EndProgrammeRequest,);

pub(super) fn create(fields: &mut Fields, request: pb::CreateProgrammeRequest, now: Timestamp) -> CreateProgramme {
    let id = fields.id("programme_id", &request.programme_id);
    if id.is_none() && !request.request_id.is_empty() {
        fields.refuse("programme_id", Reason::Required, "must be set when there is a request_id");
    }
    let message = fields.message("programme", request.programme);
    fields.within("programme", |fields| CreateProgramme {
        id: id.unwrap_or_else(|| Id::fresh(now)),
        display_name: fields.required("display_name", &message.display_name, 100),
        division_code: county(fields, &message.division_code),
        zone: fields.zone("zone", &message.zone),
        external_ids: fields.external_ids("external_ids", &message.external_ids),
    })
}

pub(super) fn update(fields: &mut Fields, request: pb::UpdateProgrammeRequest, _now: Timestamp) -> UpdateProgramme {
    let mask = fields.mask(&request.update_mask, UpdateProgramme::FIELDS);
    let message = fields.message("programme", request.programme);
    fields.within("programme", |fields| UpdateProgramme {
        id: fields.programme("name", &message.name),
        display_name: fields.masked(&mask, "display_name", |f| f.required("display_name", &message.display_name, 100)),
        division_code: fields.masked(&mask, "division_code", |f| county(f, &message.division_code)),
        external_ids: fields.masked(&mask, "external_ids", |f| f.external_ids("external_ids", &message.external_ids)),
        etag: fields.etag("etag", &message.etag),
        mask,
    })
}

pub(super) fn set_sitting_unit(
    fields: &mut Fields,
    request: pb::SetSittingUnitRequest,
    _now: Timestamp,
) -> SetSittingUnit {
    let version = fields.message("sitting_unit", request.sitting_unit);
    SetSittingUnit {
        id: fields.programme("name", &request.name),
        version: fields.within("sitting_unit", |fields| SittingUnitVersion {
            from_date: fields.date("from_date", version.from_date.as_ref()),
            unit: fields.choice("unit", version.unit),
        }),
        etag: fields.etag("etag", &request.etag),
    }
}

pub(super) fn end(fields: &mut Fields, request: pb::EndProgrammeRequest, _now: Timestamp) -> EndProgramme {
    EndProgramme { id: fields.programme("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

pub(super) fn get(fields: &mut Fields, request: pb::GetProgrammeRequest) -> GetProgramme {
    GetProgramme { id: fields.programme("name", &request.name) }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListProgrammesRequest, caller: Caller) -> ListProgrammes {
    let division_code = (!request.division_code.is_empty()).then(|| county(fields, &request.division_code));
    let filter = Filter { state: fields.optional_choice("state", request.state), division_code };
    let bound_to = ListProgrammes::bound_to(&filter);
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListProgrammes { page, filter, bound_to, only: caller.programmes }
}

/// The six digits of a county.
fn county(fields: &mut Fields, code: &str) -> String {
    let is_county =
        |code: &str| (code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())).then(|| code.to_owned()).ok_or(());
    fields.shaped("division_code", code, "must be the six digits of GB/T 2260", is_county).unwrap_or_default()
}

pub(super) fn programme(programme: Programme) -> pb::Programme {
    let unit = |version: &SittingUnitVersion| pb::SittingUnitVersion {
        from_date: Some(version.from_date.into()),
        unit: version.unit.number(),
    };
    pb::Programme {
        name: programme.name().to_string(),
        etag: programme.meta.etag(programme.name()),
        display_name: programme.display_name,
        division_code: programme.division_code,
        zone: programme.zone.name().to_owned(),
        state: programme.state.number(),
        sitting_units: programme.sitting_units.iter().map(unit).collect(),
        external_ids: programme.external_ids.iter().map(Into::into).collect(),
        create_time: Some(programme.meta.create_time.into()),
        update_time: Some(programme.meta.update_time.into()),
    }
}
