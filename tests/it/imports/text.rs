//! Encodings and CSV: which encoding it is, what can't be decoded, by line.
use encoding_rs::GB18030;
use homecoming::imports::cells::Cell;
use homecoming::imports::{Row, TextEncoding, text};
use homecoming::kernel::Reason;

const TABLE: &str = "编号,名称,级别\nh01,长沙某医院,省级\nh02,株洲某医院,三级\n";

fn gb(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

#[test]
fn each_encoding_is_told_from_the_bytes() {
    let marked = ["\u{feff}", TABLE].concat().into_bytes();
    for (bytes, encoding) in [
        (TABLE.as_bytes().to_vec(), TextEncoding::Utf8),
        (marked, TextEncoding::Utf8),
        (gb(TABLE), TextEncoding::Gb18030),
        (b"id,name\n1,x\n".to_vec(), TextEncoding::Utf8),
        (gb("id,name\n1,长沙某医院\n2,株洲某医院\n3,𠮷\n"), TextEncoding::Gb18030),
    ] {
        let decoded = text::decode(&bytes, None).unwrap();
        assert_eq!(decoded.encoding, encoding);
        assert!(decoded.problems.is_empty());
        assert!(!decoded.text.starts_with('\u{feff}'));
    }
}

#[test]
fn a_line_in_another_encoding_is_named_and_the_file_is_not_taken_for_the_other() {
    let mut bytes = TABLE.as_bytes().to_vec();
    bytes.extend(gb("h03,衡阳某医院,三级\n"));
    bytes.extend("h04,湘潭某医院,三级\n".as_bytes());
    let decoded = text::decode(&bytes, None).unwrap();
    assert_eq!(decoded.encoding, TextEncoding::Utf8);
    assert_eq!(decoded.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [4]);

    let mut bytes = gb(TABLE);
    bytes.extend(b"h03,\xff\xff,x\n");
    let decoded = text::decode(&bytes, None).unwrap();
    assert_eq!(decoded.encoding, TextEncoding::Gb18030);
    assert_eq!(decoded.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [4]);
    let gb18030 = gb(TABLE);
    let forced = text::decode(&gb18030, Some(TextEncoding::Utf8)).unwrap();
    assert_eq!(forced.problems.len(), 3, "every line has bytes that are not UTF-8");
}

#[test]
fn what_is_no_such_text_is_refused_whole() {
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(TABLE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(text::decode(&wide, None).err().unwrap().reason, Reason::Malformed);
    assert_eq!(text::decode(b"id\0name", None).err().unwrap().reason, Reason::ControlCharacter);
}

#[test]
fn rows_keep_the_lines_of_the_file_and_blank_ones_are_left_out() {
    let rows: Vec<Row> = text::rows("a,b\n\n,\n1,\"x\ny\"\r\n2,３\n").map(Result::unwrap).collect();
    let lines: Vec<_> = rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [1, 4, 6]);
    assert_eq!(rows[1].cells[1], Cell::Text("x\ny".to_owned()));
    assert_eq!(rows[2].cells[1], Cell::Text("3".to_owned()));
    let tabs: Vec<Row> = text::rows("a\tb\n1\t2,5\n").map(Result::unwrap).collect();
    assert_eq!(tabs[1].cells.len(), 2);
}

#[test]
fn a_quotation_mark_that_is_not_closed_is_found() {
    assert!(text::has_open_quote("a,b\n1,\"x\n2,y\n"));
    assert!(!text::has_open_quote("a,b\n1,\"x\"\"y\"\n"));
}
