//! gRPC of sheets, policies, ladders and succession.

use tonic::{Request, Response};

use super::Service;
use crate::activities::wire::sheets as wire;
use crate::pb;
use crate::pb::sheet_service_server::SheetService;
use crate::pb::succession_service_server::SuccessionService;
use crate::wire::Reply;

#[tonic::async_trait]
impl SheetService for Service {
    async fn preview_sheet(&self, request: Request<pb::PreviewSheetRequest>) -> Reply<pb::PreviewSheetResponse> {
        let query = self.api.query(request, wire::preview)?;
        let programme = query.programme.clone();
        let lines = self.api.read(query).await?;
        Ok(Response::new(wire::lines(&programme, &lines)))
    }

    async fn attest_sheet(&self, request: Request<pb::AttestSheetRequest>) -> Reply<pb::Sheet> {
        let (call, command) = self.api.parse(request, wire::attest)?;
        let sheet = self.api.write(call, command).await?;
        Ok(Response::new(wire::sheet(sheet)))
    }

    async fn get_sheet(&self, request: Request<pb::GetSheetRequest>) -> Reply<pb::Sheet> {
        let query = self.api.query(request, wire::get)?;
        let sheet = self.api.read(query).await?;
        Ok(Response::new(wire::sheet(sheet)))
    }

    async fn list_sheets(&self, request: Request<pb::ListSheetsRequest>) -> Reply<pb::ListSheetsResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?.map(wire::sheet);
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListSheetsResponse { sheets: page.items, next_page_token }))
    }

    async fn get_activity_policy(&self, request: Request<pb::GetActivityPolicyRequest>) -> Reply<pb::ActivityPolicy> {
        let query = self.api.query(request, wire::get_policy)?;
        let programme = query.name.programme().clone();
        let policy = self.api.read(query).await?;
        Ok(Response::new(wire::policy(&programme, &policy)))
    }

    async fn update_activity_policy(
        &self,
        request: Request<pb::UpdateActivityPolicyRequest>,
    ) -> Reply<pb::ActivityPolicy> {
        let (call, command) = self.api.parse(request, wire::update_policy)?;
        let programme = command.name.programme().clone();
        let policy = self.api.write(call, command).await?;
        Ok(Response::new(wire::policy(&programme, &policy)))
    }
}

#[tonic::async_trait]
impl SuccessionService for Service {
    async fn get_skill_ladder(&self, request: Request<pb::GetSkillLadderRequest>) -> Reply<pb::SkillLadder> {
        let query = self.api.query(request, wire::ladder_of)?;
        let (pairing, skills) = self.api.read(query).await?;
        Ok(Response::new(wire::ladder(pairing, skills)))
    }

    async fn list_succession(&self, request: Request<pb::ListSuccessionRequest>) -> Reply<pb::ListSuccessionResponse> {
        let query = self.api.query(request, wire::list_succession)?;
        let programme = query.programme.clone();
        let page = self.api.read(query).await?.map(|one| wire::succession(&programme, one));
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListSuccessionResponse { succession: page.items, next_page_token }))
    }
}
