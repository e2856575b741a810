//! An import that is cut off by `kill -9` completes when the same file is sent again: nothing lost, nothing doubled.
use std::fmt::Write as _;

use homecoming::db::Engine;
use homecoming::pb;
use homecoming::pb::activity_service_client::ActivityServiceClient;
use homecoming::pb::import_service_client::ImportServiceClient;
use homecoming::pb::import_table_response::Event;
use tonic::transport::Channel;

use super::{example, header, import, messages, programme};
use crate::support::program::Program;
use crate::support::{Database, connect};

const ROWS: usize = 4_000;

fn activities() -> String {
    let mut text = "编号,场次,类型,患者标识,患者常住地,申报节省费用\n".to_owned();
    for row in 0..ROWS {
        writeln!(text, "K{row:05},S0001,诊疗,LLkk{row:06},本县,\"1,234.50\"").unwrap();
    }
    text
}

/// Sends a file and leaves as soon as a batch was written.
async fn send_until_some_are_written(channel: &Channel, file: &str) {
    let stream = futures_util::stream::iter(messages(header("服务记录.csv"), file.as_bytes()));
    let mut events = ImportServiceClient::new(channel.clone()).import_table(stream).await.unwrap().into_inner();
    while let Some(message) = events.message().await.unwrap() {
        match message.event.unwrap() {
            Event::Progress(progress) if progress.phase() == pb::ImportPhase::Writing && progress.done_rows > 0 => {
                return;
            }
            Event::Progress(_) => {}
            Event::Problem(problem) => panic!("{problem:?}"),
            Event::Report(report) => panic!("it was done before it could be cut off: {report:?}"),
        }
    }
}

async fn count(channel: &Channel) -> usize {
    let mut client = ActivityServiceClient::new(channel.clone());
    let (mut count, mut page_token) = (0, String::new());
    loop {
        let parent = "programmes/liling".to_owned();
        let request = pb::ListActivitiesRequest { parent, page_size: 1_000, page_token, ..Default::default() };
        let page = client.list_activities(request).await.unwrap().into_inner();
        count += page.activities.len();
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return count;
        }
    }
}

#[tokio::test]
async fn an_import_that_was_killed_completes_without_doubling() {
    let file = activities();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("import_killed", engine).await else { continue };
        let program = Program::serve(&database.setting(), &[]);
        let channel = connect(program.address).await;
        programme(&channel).await;
        for (name, bytes) in example().iter().take(7) {
            assert_eq!(import(&channel, name, bytes).await.problems, [], "{name}");
        }
        send_until_some_are_written(&channel, &file).await;
        drop(program); // kill -9

        let program = Program::serve(&database.setting(), &[]);
        let channel = connect(program.address).await;
        let rows = i64::try_from(ROWS).unwrap();
        let (all, created, unchanged, bad, written) = import(&channel, "服务记录.csv", file.as_bytes()).await.counts();
        assert_eq!((all, created + unchanged, bad, written), (rows, rows, 0, true));
        assert!(unchanged >= 500, "a batch was acknowledged before the kill, {unchanged} were there");
        assert_eq!(count(&channel).await, ROWS);
        assert_eq!(import(&channel, "服务记录.csv", file.as_bytes()).await.counts(), (rows, 0, rows, 0, true));
        drop(program);
        database.remove().await;
    }
}
