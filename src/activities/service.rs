//! gRPC of activities: parse, command or query, message.

use std::pin::Pin;

use futures_util::stream::{self, ReadyChunks, Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use super::commands::BatchRecordActivities;
use super::{Activity, wire};
use crate::kernel::{Call, Id, ProgrammeName, Reason, Violation};
use crate::pb;
use crate::pb::activity_service_server::ActivityService;
use crate::wire::{Api, Bounded, Reply, caller_of};

mod sheets;

/// The service of activities.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl ActivityService for Service {
    type RecordActivitiesStream = Pin<Box<dyn Stream<Item = Result<pb::RecordActivitiesResponse, Status>> + Send>>;

    async fn record_activity(&self, request: Request<pb::RecordActivityRequest>) -> Reply<pb::Activity> {
        let (call, command) = self.api.parse(request, wire::record)?;
        let activity = self.api.write(call, command).await?;
        Ok(Response::new(wire::activity(activity)))
    }

    async fn batch_record_activities(
        &self,
        request: Request<pb::BatchRecordActivitiesRequest>,
    ) -> Reply<pb::BatchRecordActivitiesResponse> {
        let (call, command) = self.api.parse(request, wire::batch)?;
        let rows = self.api.write(call, Bounded::new(command, Activity::bytes)).await?;
        let results = (0..).zip(rows).map(|(row, outcome)| wire::result(row, outcome)).collect();
        Ok(Response::new(pb::BatchRecordActivitiesResponse { results }))
    }

    async fn record_activities(
        &self,
        request: Request<Streaming<pb::RecordActivitiesRequest>>,
    ) -> Reply<Self::RecordActivitiesStream> {
        let call = Call::new(caller_of(&request));
        let rows = request.into_inner().ready_chunks(BatchRecordActivities::MOST_ROWS);
        let intake = Intake { api: self.api.clone(), call, rows, programme: None, next: 0 };
        let results = stream::unfold(intake, Intake::step).flat_map(stream::iter);
        Ok(Response::new(Box::pin(results)))
    }

    async fn amend_activity(&self, request: Request<pb::AmendActivityRequest>) -> Reply<pb::Activity> {
        let (call, command) = self.api.parse(request, wire::amend)?;
        let activity = self.api.write(call, command).await?;
        Ok(Response::new(wire::activity(activity)))
    }

    async fn void_activity(&self, request: Request<pb::VoidActivityRequest>) -> Reply<pb::Activity> {
        let (call, command) = self.api.parse(request, wire::void)?;
        let activity = self.api.write(call, command).await?;
        Ok(Response::new(wire::activity(activity)))
    }

    async fn dispute_activity(&self, request: Request<pb::DisputeActivityRequest>) -> Reply<pb::Activity> {
        let (call, command) = self.api.parse(request, wire::dispute)?;
        let activity = self.api.write(call, command).await?;
        Ok(Response::new(wire::activity(activity)))
    }

    async fn dismiss_dispute(&self, request: Request<pb::DismissDisputeRequest>) -> Reply<pb::Activity> {
        let (call, command) = self.api.parse(request, wire::dismiss_dispute)?;
        let activity = self.api.write(call, command).await?;
        Ok(Response::new(wire::activity(activity)))
    }

    async fn get_activity(&self, request: Request<pb::GetActivityRequest>) -> Reply<pb::Activity> {
        let query = self.api.query(request, wire::get)?;
        let activity = self.api.read(query).await?;
        Ok(Response::new(wire::activity(activity)))
    }

    async fn list_activities(&self, request: Request<pb::ListActivitiesRequest>) -> Reply<pb::ListActivitiesResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?.map(wire::activity);
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListActivitiesResponse { activities: page.items, next_page_token }))
    }

    async fn list_activity_versions(
        &self,
        request: Request<pb::ListActivityVersionsRequest>,
    ) -> Reply<pb::ListActivityVersionsResponse> {
        let query = self.api.query(request, wire::list_versions)?;
        let page = self.api.read(query).await?.map(wire::activity);
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListActivityVersionsResponse { versions: page.items, next_page_token }))
    }
}

type Answer = Result<pb::RecordActivitiesResponse, Status>;

/// A stream of rows being recorded: what has arrived while a batch was written is the next batch.
struct Intake {
    api: Api,
    call: Call,
    rows: ReadyChunks<Streaming<pb::RecordActivitiesRequest>>,
    programme: Option<Id>,
    next: i64,
}

impl Intake {
    async fn step(mut self) -> Option<(Vec<Answer>, Intake)> {
        let arrived = self.rows.next().await?;
        let mut answers = Vec::with_capacity(arrived.len());
        let mut broken = None;
        let mut messages = Vec::with_capacity(arrived.len());
        for message in arrived {
            match message {
                Ok(message) => messages.push(message),
                Err(status) => broken = Some(status),
            }
        }
        if let Err(status) = self.record(messages, &mut answers).await {
            answers.push(Err(status));
        }
        answers.extend(broken.map(Err));
        Some((answers, self))
    }

    async fn record(
        &mut self,
        messages: Vec<pb::RecordActivitiesRequest>,
        answers: &mut Vec<Answer>,
    ) -> Result<(), Status> {
        let Some(first) = messages.first() else { return Ok(()) };
        if self.programme.is_none() {
            let parent = ProgrammeName::parse(&first.parent);
            let parent = parent.map_err(|shape| crate::kernel::Error::field("parent", Reason::Malformed, shape))?;
            self.programme = Some(parent.into_id());
        }
        let Some(programme) = self.programme.clone() else { return Ok(()) };
        let parent = ProgrammeName::new(programme.clone()).to_string();
        let now = self.api.db().clock().now();
        let read = |message: pb::RecordActivitiesRequest| {
            if !message.parent.is_empty() && message.parent != parent {
                let description = "must be the first message's, or empty".to_owned();
                let violation = Violation { field: "parent".to_owned(), reason: Reason::Inconsistent, description };
                return Err(vec![violation]);
            }
            wire::row(&programme, message.row.unwrap_or_default(), None, now)
        };
        let rows = messages.into_iter().map(read).collect();
        let command = BatchRecordActivities { programme: programme.clone(), rows };
        for outcome in self.api.write(self.call.clone(), command).await? {
            let result = Some(wire::result(self.next, outcome));
            answers.push(Ok(pb::RecordActivitiesResponse { result }));
            self.next += 1;
        }
        Ok(())
    }
}
