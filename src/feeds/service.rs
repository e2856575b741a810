//! gRPC of feeds: parse, query, message.

use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::feed_service_server::FeedService;
use crate::wire::{Api, Reply};

/// The service of feeds.
#[derive(Clone)]
pub struct Service {
    /// How requests become queries, and queries answers.
    pub api: Api,
}

#[tonic::async_trait]
impl FeedService for Service {
    async fn get_calendar_feed(&self, request: Request<pb::GetCalendarFeedRequest>) -> Reply<pb::CalendarFeed> {
        let now = self.api.db().clock().now();
        let query = self.api.query(request, |fields, message| wire::calendar(fields, message, now))?;
        let (reader, language) = (query.owner.reader(), query.language);
        let feed = self.api.read(query).await?;
        Ok(Response::new(wire::feed(feed, reader, language)))
    }

    async fn get_visit_itinerary(&self, request: Request<pb::GetVisitItineraryRequest>) -> Reply<pb::VisitItinerary> {
        let now = self.api.db().clock().now();
        let (query, language) = self.api.query(request, |fields, message| wire::itinerary(fields, &message, now))?;
        let itinerary = self.api.read(query).await?;
        Ok(Response::new(wire::visit(&itinerary, language)))
    }
}
