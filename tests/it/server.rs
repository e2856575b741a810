//! The server around the services: health, reflection, limits, logs, settings, signals, and databases it won't touch.
use crate::support::each_engine;

#[tokio::test]
async fn it_serves_on_each_engine() {
    each_engine("it_serves", async |server| {
        // Starting has asked health already; a second server on the same database serves too.
        server.second().await.stop().await;
    })
    .await;
}
