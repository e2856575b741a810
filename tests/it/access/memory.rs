//! Memory of requests: taken before their bytes, so that a caller who begins large messages and doesn't end them starves nobody.
use std::future::poll_fn;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::server::Door;
use homecoming::server::limits::Limits;
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic_types::StatusExt as _;
use tower::Service as _;

use super::{Line, each_guarded, line, make_programme, member};
use crate::support::TestServer;
use crate::support::errors::refusal;

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// Begins a message of so many bytes, and sends no more of it; again, where it is refused because another one is just being read.
fn begin(server: &TestServer, secret: &str, length: u32) -> JoinHandle<()> {
    let (mut channel, bearer) = (server.channel.clone(), format!("Bearer {secret}"));
    let begun = Bytes::from([&[0][..], &length.to_be_bytes(), b"half"].concat());
    tokio::spawn(async move {
        loop {
            let frames = stream::iter([Ok::<_, Status>(Frame::data(begun.clone()))]).chain(stream::pending());
            let request = http::Request::post("/homecoming.v1.HospitalService/ListHospitals")
                .header("content-type", "application/grpc")
                .header("te", "trailers")
                .header("authorization", &bearer)
                .body(tonic::body::Body::new(StreamBody::new(frames)))
                .unwrap();
            poll_fn(|context| channel.poll_ready(context)).await.unwrap();
            let _ = channel.call(request).await; // once it is taken, it is never whole
        }
    })
}

/// Asks with a message of 200 KiB until it is refused for this reason; that its page token is wrong means that it was read.
async fn until(line: &Line, wanted: Reason) -> Status {
    let large = pb::ListHospitalsRequest {
        parent: "programmes/mine".to_owned(),
        page_token: "x".repeat(200_000),
        ..Default::default()
    };
    let began = Instant::now();
    loop {
        let status = HospitalServiceClient::new(line.clone()).list_hospitals(large.clone()).await.unwrap_err();
        let reason = refusal(&status).reason;
        if reason == wanted {
            return status;
        }
        assert!(began.elapsed() < LONG, "{reason:?} instead of {wanted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_large_messages_takes_nobody_elses_memory() {
    each_guarded("memory", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        let limits = Limits { caller_memory_mib: 1, request_memory_mib: 4, ..Limits::default() };
        let strict = server.second_behind(&Door { limits, ..Door::guarded("127.0.0.1:0".parse().unwrap()) }).await;
        let other = member(&strict, &mine, "mine", "desk", pb::AccessRole::Scheduler).await;
        let mine = line(&strict, &owner);
        until(&other, Reason::InvalidFields).await;

        let begun = begin(&strict, &owner, 900 << 10);
        let refused = until(&mine, Reason::TooMuchAtOnce).await;
        let details = refused.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["limit"], "1");
        assert_eq!(details.retry_info().unwrap().retry_delay, Some(Duration::from_millis(200)));
        until(&other, Reason::InvalidFields).await;
        begun.abort();
        until(&mine, Reason::InvalidFields).await;

        // One message always fits a caller's share; together they have no more than there is.
        let begun = begin(&strict, &owner, (4 << 20) - 64);
        until(&other, Reason::Overloaded).await;
        begun.abort();
        until(&other, Reason::InvalidFields).await;
        strict.stop().await;
    })
    .await;
}
