//! Exports: cells as pure cases, then over the socket on both engines: the same bytes twice, at an older sequence, and from any byte on.
mod cli;

use std::collections::BTreeMap;

use homecoming::exports::render::{self, is_formula};
use homecoming::exports::{ACTIVITY_COLUMNS, CELL, Column, Format, Kind, ROW, SAVING_COLUMNS, file};
use homecoming::kernel::{Reason, Vocabulary as _};
use homecoming::pb;
use homecoming::pb::export_part::Content;
use homecoming::pb::export_service_client::ExportServiceClient;
use homecoming::savings::Part;
use homecoming::savings::saving::PartAmount;
use homecoming::tallies::Dimension;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use tonic::{Code, Status};

use crate::support::errors::{Refused, refusal};
use crate::support::figures::{self, PROGRAMME, activities, amend, consultation, date, headcount, operation, record};
use crate::support::{TestServer, each_engine};

const TEXT: Column = Column { name: "text", kind: Kind::Text };
const SUM: Column = Column { name: "sum", kind: Kind::Sum };
const LIST: Column = Column { name: "list", kind: Kind::Json };
const TIME: Column = Column { name: "time", kind: Kind::Instant };

fn rendered(format: Format, columns: &[Column], cells: &[&str]) -> String {
    let mut out = Vec::new();
    render::row(format, columns, cells, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn every_column_is_in_the_docs() {
    let docs = include_str!("../../docs/exports.md");
    let chapter = |name: &str| docs.split("\n## ").find(|part| part.starts_with(name)).unwrap();
    let columns = |name: &str| -> Vec<(&str, bool)> {
        let rows = chapter(name).lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        rows.map(|(column, rest)| (column, rest.starts_with(" Σ |"))).collect()
    };
    let written = |columns: &[Column]| -> Vec<(&str, bool)> {
        columns.iter().map(|column| (column.name, column.kind == Kind::Sum)).collect()
    };
    assert_eq!(columns("activities"), written(ACTIVITY_COLUMNS));
    assert_eq!(columns("savings"), written(SAVING_COLUMNS));
    let dimensions = Dimension::ALL.iter().map(|dimension| (dimension.code().to_ascii_lowercase(), false));
    let groups: Vec<_> = columns("tally").into_iter().map(|(name, is_sum)| (name.to_owned(), is_sum)).collect();
    assert_eq!(groups, dimensions.collect::<Vec<_>>());
    let example = chapter("savings").split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let parts: BTreeMap<Part, PartAmount> = serde_json::from_str(example).unwrap();
    assert_eq!(parts.len(), 3);
}

#[test]
fn no_cell_of_a_csv_is_a_formula() {
    for (cell, written) in [
        ("=1+2", "\"'=1+2\""),
        ("+86", "\"'+86\""),
        ("-tok_abcd", "\"'-tok_abcd\""),
        ("@SUM(A1)", "\"'@SUM(A1)\""),
        ("  =1", "\"'  =1\""),
        ("＝1", "\"'＝1\""),
        ("\tx", "\"'\tx\""),
        ("a=1", "a=1"),
        ("a,\"b\"", "\"a,\"\"b\"\"\""),
        ("", ""),
    ] {
        assert_eq!(rendered(Format::Csv, &[TEXT], &[cell]), format!("{written}\r\n"), "{cell}");
    }
    assert_eq!(rendered(Format::Csv, &[SUM], &["-500"]), "-500\r\n", "a number is a number");
}

#[test]
fn what_is_unknown_is_empty_in_csv_and_null_in_json() {
    let columns = [TEXT, SUM, LIST, TIME];
    let cells = ["", "", "[]", "1711929600000000"];
    assert_eq!(rendered(Format::Csv, &columns, &cells), ",,,2024-04-01T00:00:00Z\r\n");
    let json = rendered(Format::Ndjson, &columns, &cells);
    assert_eq!(json, "{\"text\":null,\"sum\":null,\"list\":[],\"time\":\"2024-04-01T00:00:00Z\"}\n");
}

proptest! {
    // Readers take U+FEFF at the beginning of a file for its mark; a file begins with column names.
    #[test]
    fn a_csv_reads_back_as_what_was_written(cells in proptest::collection::vec("[^\u{feff}]{0,12}", 1..5)) {
        let columns = vec![TEXT; cells.len()];
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let text = rendered(Format::Csv, &columns, &cells);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        if let Some(record) = reader.records().next() {
            let record = record.unwrap();
            prop_assert_eq!(record.len(), cells.len());
            for (read, cell) in record.iter().zip(&cells) {
                prop_assert!(!is_formula(read));
                prop_assert_eq!(read.strip_prefix('\'').filter(|_| is_formula(cell)).unwrap_or(read), *cell);
            }
        } else {
            prop_assert!(cells.len() == 1 && cells[0].is_empty(), "only a line without anything is no record");
        }
        let json: serde_json::Value = serde_json::from_str(&rendered(Format::Ndjson, &[TEXT], &[cells[0]])).unwrap();
        prop_assert_eq!(json["text"].as_str().unwrap_or_default(), cells[0]);
    }

    #[test]
    fn a_file_goes_on_from_any_byte(rows in proptest::collection::vec(0_i64..1_000_000, 0..60), skip in 0_u64..2_000) {
        let text: Vec<String> = rows.iter().map(|row| format!("专家{CELL}{row}")).collect();
        let make = |skip: u64| {
            let mut file = file::File::new(Format::Csv, vec![TEXT, SUM], true, skip);
            for page in text.chunks(7) {
                file.add(&page.join(&ROW.to_string()));
            }
            let mut bytes = Vec::new();
            while let Some(part) = file.take() {
                bytes.extend(part);
            }
            (bytes, file.finish())
        };
        let (whole, counted) = make(0);
        let counted = counted.unwrap();
        prop_assert_eq!(counted.sums, vec![("sum", rows.iter().sum::<i64>())]);
        prop_assert_eq!(counted.sha256, hex(&whole));
        let (rest, resumed) = make(skip);
        match resumed {
            Some(resumed) => {
                prop_assert_eq!(resumed.sha256, hex(&whole));
                prop_assert_eq!(&whole[usize::try_from(skip).unwrap()..], &rest[..]);
            }
            None => prop_assert!(skip > whole.len() as u64),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An export as its client has it at the end.
pub struct Received {
    pub head: pb::ExportHead,
    pub bytes: Vec<u8>,
    pub manifest: pb::ExportManifest,
}

async fn export(server: &TestServer, request: pb::ExportActivitiesRequest) -> Result<Received, Status> {
    let mut client = ExportServiceClient::new(server.channel.clone());
    let mut parts = client.export_activities(request).await?.into_inner();
    let (mut head, mut bytes) = (None, Vec::new());
    while let Some(message) = parts.message().await? {
        match message.part.unwrap().content.unwrap() {
            Content::Head(first) => assert!(head.replace(first).is_none() && bytes.is_empty()),
            Content::Data(data) => bytes.extend(data),
            Content::Manifest(manifest) => {
                assert!(parts.message().await?.is_none(), "the manifest is the last message");
                return Ok(Received { head: head.unwrap(), bytes, manifest });
            }
        }
    }
    panic!("the stream ended without a manifest");
}

async fn refused(server: &TestServer, request: pb::ExportActivitiesRequest) -> Status {
    export(server, request).await.err().unwrap()
}

fn fields(status: &Status) -> Vec<String> {
    refusal(status).violations.into_iter().map(|(field, _)| field).collect()
}

fn ask(options: pb::ExportOptions) -> pb::ExportActivitiesRequest {
    pb::ExportActivitiesRequest { parent: PROGRAMME.to_owned(), options: Some(options), ..Default::default() }
}

fn csv_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn column<'a>(rows: &'a [Vec<String>], name: &str) -> Vec<&'a str> {
    let place = rows[0].iter().position(|heading| heading.trim_start_matches('\u{feff}') == name).unwrap();
    rows[1..].iter().map(|row| row[place].as_str()).collect()
}

#[tokio::test]
async fn an_export_is_pinned_and_comes_again_byte_by_byte() {
    each_engine("export_pinned", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        for (id, activity) in [
            ("b2", consultation(date(2024, 3, 4), "tok_aaaa")),
            ("b1", headcount(date(2024, 3, 4), 30)),
            (
                "c1",
                pb::Activity { declared_saving_fen: Some(-500), ..operation(date(2024, 2, 5), pb::Performer::Expert) },
            ),
            ("d1", consultation(date(2024, 3, 20), "tok_bbbb")),
        ] {
            client.record_activity(record(id, activity)).await.unwrap();
        }
        let first = export(&server, ask(pb::ExportOptions::default())).await.unwrap();
        let rows = csv_rows(&first.bytes);
        assert_eq!(rows[0], first.head.columns);
        assert_eq!(rows[0].len(), ACTIVITY_COLUMNS.len() - 2, "no patients unless they are asked for");
        assert_eq!(column(&rows, "activity"), ["c1", "b1", "b2", "d1"], "by day, then by id");
        assert_eq!(column(&rows, "quantity"), ["1", "30", "1", "1"]);
        assert_eq!(column(&rows, "declared_saving_fen")[0], "-500");
        let manifest = &first.manifest;
        assert_eq!((manifest.row_count, manifest.byte_count as usize), (4, first.bytes.len()));
        assert_eq!(
            (manifest.sha256.as_str(), manifest.as_of_sequence),
            (&*hex(&first.bytes), first.head.as_of_sequence)
        );
        let totals: Vec<_> = manifest.totals.iter().map(|total| (total.column.as_str(), total.sum)).collect();
        assert_eq!(totals, [("quantity", 33), ("declared_saving_fen", -500)]);
        assert!(manifest.as_of_time.is_some());

        // What comes later isn't in it: an amendment to another day, a void, a new one.
        let moved = pb::Activity { date: date(2024, 1, 2), ..Default::default() };
        client.amend_activity(amend("b1", moved, &["date"])).await.unwrap();
        client.void_activity(figures::void("d1")).await.unwrap();
        client.record_activity(record("e1", consultation(date(2024, 3, 1), "tok_cccc"))).await.unwrap();
        let pinned = pb::ExportOptions { as_of_sequence: first.head.as_of_sequence, ..Default::default() };
        let again = export(&server, ask(pinned)).await.unwrap();
        assert_eq!((&again.bytes, &again.manifest), (&first.bytes, manifest));
        let now = csv_rows(&export(&server, ask(pb::ExportOptions::default())).await.unwrap().bytes);
        assert_eq!(column(&now, "activity"), ["b1", "c1", "e1", "b2"]);

        let half = manifest.byte_count / 2;
        let rest = export(&server, ask(pb::ExportOptions { resume_offset: half, ..pinned })).await.unwrap();
        assert_eq!([&first.bytes[..half as usize], &rest.bytes].concat(), first.bytes);
        assert_eq!(&rest.manifest, manifest, "the hash is of the whole file");
        let other = server.second().await;
        assert_eq!(export(&other, ask(pinned)).await.unwrap().bytes, first.bytes, "at another server too");
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_exported_is_what_was_asked_for() {
    each_engine("export_choice", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        for (id, day, token) in [("a1", 4, "-tok_aaaa"), ("a2", 5, "tok_bbbb"), ("a3", 6, "tok_cccc")] {
            client.record_activity(record(id, consultation(date(2024, 3, day), token))).await.unwrap();
        }
        client.void_activity(figures::void("a2")).await.unwrap();
        let json = pb::ExportOptions { format: pb::ExportFormat::Ndjson as i32, ..Default::default() };
        let request = pb::ExportActivitiesRequest {
            from_date: date(2024, 3, 4),
            to_date: date(2024, 3, 5),
            with_voided: true,
            with_patients: true,
            ..ask(json)
        };
        let exported = export(&server, request.clone()).await.unwrap();
        let lines = String::from_utf8(exported.bytes).unwrap();
        let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |key: &str| lines.iter().map(|line| line[key].as_str().unwrap_or("")).collect::<Vec<_>>();
        assert_eq!((of("activity"), of("state")), (vec!["a1", "a2"], vec!["RECORDED", "VOIDED"]));
        assert_eq!(of("patient_token"), ["-tok_aaaa", "tok_bbbb"], "as they are");
        assert_eq!(of("void_reason"), ["", "ENTRY_ERROR"]);
        let question = "from=2024-03-04 to=2024-03-05 voided=yes patients=yes format=NDJSON";
        assert_eq!(exported.manifest.question, question);
        let marked = pb::ExportOptions { byte_order_mark: true, ..Default::default() };
        let csv = export(&server, pb::ExportActivitiesRequest { options: Some(marked), ..request }).await.unwrap();
        assert!(csv.bytes.starts_with("\u{feff}date,activity,".as_bytes()));
        assert_eq!(column(&csv_rows(&csv.bytes), "patient_token"), ["'-tok_aaaa", "tok_bbbb"], "no formula");
    })
    .await;
}

#[tokio::test]
async fn pages_of_an_export_are_without_a_seam() {
    each_engine("export_pages", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        let ids: Vec<String> = (0..2_300).map(|number| format!("a{number:04}")).collect();
        for ids in ids.chunks(500) {
            let rows = ids.iter().map(|id| figures::row(id, consultation(date(2024, 3, 4), "tok_aaaa")));
            client.batch_record_activities(figures::batch(rows.collect())).await.unwrap();
        }
        let pinned = export(&server, ask(pb::ExportOptions::default())).await.unwrap();
        // Versions that were replaced since lie between those that stand, on both pages.
        for id in ["a0000", "a1000", "a2001", "a2299"] {
            client.void_activity(figures::void(id)).await.unwrap();
        }
        let options = pb::ExportOptions { as_of_sequence: pinned.head.as_of_sequence, ..Default::default() };
        let again = export(&server, ask(options)).await.unwrap();
        assert_eq!(column(&csv_rows(&again.bytes), "activity"), ids);
        assert_eq!(again.bytes, pinned.bytes);
        assert_eq!(export(&server, ask(pb::ExportOptions::default())).await.unwrap().manifest.row_count, 2_296);
    })
    .await;
}

#[tokio::test]
async fn an_export_that_cant_be_is_refused() {
    each_engine("export_refused", async |server| {
        figures::make(&server).await;
        let newest = export(&server, ask(pb::ExportOptions::default())).await.unwrap().head.as_of_sequence;
        let ahead = ask(pb::ExportOptions { as_of_sequence: newest + 1, ..Default::default() });
        let expected = Refused::new(Code::FailedPrecondition, Reason::SequenceAhead).with("name", PROGRAMME);
        assert_eq!(refusal(&refused(&server, ahead).await), expected.with("newest", &newest.to_string()));
        let foreign = pb::ExportActivitiesRequest { parent: "programmes/other".to_owned(), ..Default::default() };
        assert_eq!(refusal(&refused(&server, foreign).await).reason, Reason::ResourceNotFound);
        for (options, field) in [
            (pb::ExportOptions { resume_offset: 5, ..Default::default() }, "options.as_of_sequence"),
            (pb::ExportOptions { resume_offset: -1, ..Default::default() }, "options.resume_offset"),
            (pb::ExportOptions { format: 9, ..Default::default() }, "options.format"),
            (
                pb::ExportOptions { as_of_sequence: newest, resume_offset: 1 << 40, ..Default::default() },
                "options.resume_offset",
            ),
        ] {
            assert_eq!(fields(&refused(&server, ask(options)).await), [field]);
        }
        let backwards = pb::ExportActivitiesRequest {
            from_date: date(2024, 3, 2),
            to_date: date(2024, 3, 1),
            ..ask(pb::ExportOptions::default())
        };
        assert_eq!(fields(&refused(&server, backwards).await), ["to_date"]);
    })
    .await;
}

#[tokio::test]
async fn a_tally_is_exported_as_it_was_counted_then() {
    each_engine("export_tally", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        for (id, day) in [("a1", date(2024, 2, 4)), ("a2", date(2024, 3, 4)), ("a3", date(2024, 3, 5))] {
            client.record_activity(record(id, consultation(day, "tok_aaaa"))).await.unwrap();
        }
        let question = pb::QueryTallyRequest {
            parent: PROGRAMME.to_owned(),
            from_date: date(2024, 1, 1),
            to_date: date(2024, 3, 31),
            measures: vec!["consultations".to_owned(), "active_sites".to_owned()],
            group_by: vec![pb::TallyDimension::Month as i32, pb::TallyDimension::Site as i32],
            ..Default::default()
        };
        let ask = |question: pb::QueryTallyRequest, as_of_sequence| pb::ExportTallyRequest {
            question: Some(question),
            options: Some(pb::ExportOptions { as_of_sequence, ..Default::default() }),
        };
        let first = tally(&server, ask(question.clone(), 0)).await.unwrap();
        let text = String::from_utf8(first.bytes.clone()).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        let expected = ["month,site,consultations,active_sites", "2024-02,county,1,0", "2024-03,county,2,0"];
        assert_eq!(rows, expected);
        let totals: Vec<_> = first.manifest.totals.iter().map(|it| (it.column.as_str(), it.sum)).collect();
        assert_eq!(totals, [("consultations", 3)], "a set's sizes don't add up");
        client.void_activity(figures::void("a2")).await.unwrap();
        let again = tally(&server, ask(question.clone(), first.manifest.as_of_sequence)).await.unwrap();
        assert_eq!((again.bytes, &again.manifest), (first.bytes, &first.manifest));
        let now = String::from_utf8(tally(&server, ask(question.clone(), 0)).await.unwrap().bytes).unwrap();
        assert!(now.contains("2024-03,county,1,0"), "{now}");

        for measure in ["experts", "consultations_per_sitting", "nonsense"] {
            let asked = pb::QueryTallyRequest { measures: vec![measure.to_owned()], ..question.clone() };
            let status = tally(&server, ask(asked, 0)).await.err().unwrap();
            assert!(fields(&status).iter().all(|field| field.starts_with("question.measures")), "{status:?}");
        }
        let all = pb::QueryTallyRequest { measures: Vec::new(), group_by: Vec::new(), ..question };
        let all = String::from_utf8(tally(&server, ask(all, 0)).await.unwrap().bytes).unwrap();
        let heading = all.lines().next().unwrap();
        assert!(heading.contains("consultations,") && !heading.contains("consultations_per_sitting"), "{heading}");
    })
    .await;
}

async fn tally(server: &TestServer, request: pb::ExportTallyRequest) -> Result<Received, Status> {
    let mut client = ExportServiceClient::new(server.channel.clone());
    let mut parts = client.export_tally(request).await?.into_inner();
    let (mut head, mut bytes) = (None, Vec::new());
    while let Some(message) = parts.message().await? {
        match message.part.unwrap().content.unwrap() {
            Content::Head(first) => head = Some(first),
            Content::Data(data) => bytes.extend(data),
            Content::Manifest(manifest) => return Ok(Received { head: head.unwrap(), bytes, manifest }),
        }
    }
    panic!("the stream ended without a manifest");
}
