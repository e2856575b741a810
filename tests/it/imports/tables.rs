//! Whole tables without a database: workbooks, encodings, sizes, and that a fingerprint is of what was understood.
use std::io::Write as _;

use homecoming::imports::fingerprint::Fingerprint;
use homecoming::imports::table::{About, read};
use homecoming::imports::{MAX_ROWS, MOST_PROBLEMS, Table, TextEncoding, sheet};
use homecoming::kernel::Reason;

use super::example;

fn about(file_name: &str) -> About {
    About { file_name: file_name.to_owned(), ..About::default() }
}

#[test]
fn the_example_reads_whole_in_its_encodings() {
    let mut read_as = Vec::new();
    for (name, bytes) in example() {
        let reading = read(&about(&name), &bytes);
        assert_eq!(reading.problems, [], "{name}");
        assert_eq!(reading.rows, reading.entries.len());
        read_as.push((reading.table.unwrap(), reading.encoding));
        let by_header = read(&About { table: None, ..about("x") }, &bytes);
        assert_eq!(by_header.table, reading.table, "{name}: the header alone says it too");
    }
    let (utf_8, gb18030) = (Some(TextEncoding::Utf8), Some(TextEncoding::Gb18030));
    let expected = [
        (Table::Hospitals, utf_8),
        (Table::Sites, gb18030),
        (Table::Rooms, utf_8),
        (Table::Experts, None),
        (Table::Assistants, utf_8),
        (Table::Pairings, utf_8),
        (Table::Sessions, utf_8),
        (Table::Activities, gb18030),
        (Table::OpeningBalances, utf_8),
    ];
    assert_eq!(read_as, expected);
}

#[test]
fn a_workbook_names_the_sheets_that_it_leaves_out() {
    let (name, bytes) = example().swap_remove(3);
    let reading = read(&about(&name), &bytes);
    assert_eq!(reading.notes, ["sheet 填表说明 was not read: one table a file"]);
    assert_eq!(reading.entries[0].line, 3, "a title, the header, the first expert");
}

#[test]
fn a_fingerprint_is_of_what_was_understood() {
    let print = |text: &str| read(&about("结对.csv"), text.as_bytes()).entries.remove(0).fingerprint;
    let plain = print("专家,助手,起始日期\nE001,A001,2024-03-05\n");
    assert_eq!(print("助手, 起始日期 ,专家,截止日期\nA001,2024年3月5日,Ｅ001,\n"), plain);
    assert_eq!(print("expert;assistant;from_date\nE001;A001;45356\n"), plain);
    assert_ne!(print("专家,助手,起始日期\nE001,A001,2024-03-06\n"), plain);
}

#[test]
fn two_fingerprints_say_which_columns_differ() {
    let print = |row: &str| {
        let text = format!("编号,场次,类型,患者标识,患者常住地,申报节省费用\n{row}\n");
        read(&about("服务记录.csv"), text.as_bytes()).entries.remove(0).fingerprint
    };
    let before = print("K1,S0001,诊疗,LLkk000001,本县,100");
    let same = print("K1,S0001,诊疗,LLkk000001,本县,100.00");
    assert!(same == before && same.differing(&before).is_empty());
    let other = print("K1,S0002,诊疗,LLkk000001,,100");
    assert!(other != before);
    assert_eq!(other.differing(&before), ["session", "residence"]);
    // A patient's token leaves no mark, and rows of an older version have none at all.
    let another = print("K1,S0001,诊疗,LLkk000002,本县,100");
    assert!(another != before && another.differing(&before).is_empty());
    assert!(!another.marks().unwrap().contains("patient"), "{another:?}");
    let old = Fingerprint::stored(before.whole().to_owned(), None);
    assert!(old == before && other.differing(&old).is_empty());
}

#[test]
fn too_much_is_refused_before_it_is_held() {
    let mut rows = "id,name,level\n".to_owned();
    for row in 0..=MAX_ROWS {
        rows.push_str(&format!("h{row},x,TERTIARY\n"));
    }
    let reading = read(&about("hospitals.csv"), rows.as_bytes());
    assert!(reading.unreadable);
    assert_eq!(reading.problems.last().unwrap().reason, Reason::OutOfRange);
    assert!(reading.entries.is_empty());
    let wide = "a,".repeat(300);
    assert!(read(&about("hospitals.csv"), wide.as_bytes()).unreadable);
    let reading = read(&about("hospitals.csv"), &vec![b'x'; (32 << 20) + 1]);
    assert_eq!(reading.problems[0].reason, Reason::OutOfRange);
}

#[test]
fn a_million_bad_rows_are_counted_and_the_first_are_named() {
    let rows = format!("id,name,level\n{}", "h,x,NO\n".repeat(1_000_000));
    let reading = read(&about("hospitals.csv"), rows.as_bytes());
    assert!(reading.unreadable && reading.entries.is_empty());
    assert_eq!((reading.rows, reading.bad_rows), (1_000_000, 1_000_000));
    assert_eq!(reading.problem_count, 1_000_001, "one more is that the file is too long");
    let lines: Vec<u32> = reading.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, (0..=1_000).filter(|line| *line != 1).collect::<Vec<_>>());
    assert_eq!(lines.len(), MOST_PROBLEMS);
    let rubbish = [b"id,name,level\n".as_slice(), &b"\xff\xfe,x,TERTIARY\n".repeat(3_000)].concat();
    let reading = read(&About { encoding: Some(TextEncoding::Utf8), ..about("hospitals.csv") }, &rubbish);
    assert_eq!((reading.problems.len(), reading.problem_count >= 3_000, reading.bad_rows), (1_000, true, 3_000));
}

#[test]
fn an_archive_that_unpacks_to_much_is_measured_not_believed() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..129 {
        archive.write_all(&zeros).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20);
    assert_eq!(sheet::read(&bytes).unwrap_err().reason, Reason::OutOfRange);
}
