//! Headings as data: every spelling leads to its column, what is unknown or missing is named.
use homecoming::imports::cells::Cell;
use homecoming::imports::headers::{Column, Header};
use homecoming::imports::{Row, Table};
use homecoming::kernel::{Reason, Vocabulary};

fn row(cells: &[&str]) -> Row {
    Row { line: 1, cells: cells.iter().map(|cell| Cell::of_text(cell)).collect() }
}

#[test]
fn each_spelling_leads_to_one_column_of_its_table() {
    for table in Table::ALL {
        for heading in table.headings() {
            for spelling in heading.spellings {
                let required = table.headings().iter().filter(|other| other.required && other.column != heading.column);
                let mut cells = vec![*spelling];
                cells.extend(required.map(|other| other.spellings[0]));
                let header = Header::read(*table, &row(&cells));
                if heading.column == Column::Remark {
                    continue; // read by people only
                }
                let header = header.unwrap_or_else(|problems| panic!("{table:?} {spelling}: {problems:?}"));
                assert_eq!(header.position(heading.column), Some(0), "{table:?} {spelling}");
            }
        }
    }
}

#[test]
fn both_languages_of_a_whole_header_say_which_table_it_is() {
    for table in Table::ALL {
        for language in [0, 1] {
            let cells: Vec<&str> = table.headings().iter().map(|heading| heading.spellings[language]).collect();
            assert_eq!(Table::of_header(&row(&cells)), Some(*table), "{table:?} {cells:?}");
        }
    }
    assert_eq!(Table::of_header(&row(&["甲", "乙"])), None);
}

#[test]
fn file_names_say_which_table_it_is() {
    for (name, table) in [
        ("hospitals.csv", Table::Hospitals),
        ("02-专家.csv", Table::Experts),
        ("服务记录_2024年3月.xlsx", Table::Activities),
        ("/tmp/x/Sessions-2024.XLSX", Table::Sessions),
        ("期初数.csv", Table::OpeningBalances),
        ("opening-balances.csv", Table::OpeningBalances),
        ("服务点表.csv", Table::Sites),
    ] {
        assert_eq!(Table::of_file_name(name), Some(table), "{name}");
    }
    assert_eq!(Table::of_file_name("readme.csv"), None);
}

#[test]
fn brackets_stars_and_width_do_not_matter_and_unknown_columns_are_named() {
    let header = Header::read(Table::Hospitals, &row(&["＊编号", "名称（全称）", "级 别", "备注"])).unwrap();
    assert_eq!(header.position(Column::Level), Some(2));
    let problems = Header::read(Table::Hospitals, &row(&["编号", "名称", "院长", "编号"])).unwrap_err();
    let told: Vec<_> = problems.iter().map(|problem| (problem.column.as_str(), problem.reason)).collect();
    assert_eq!(told, [("院长", Reason::UnknownValue), ("编号", Reason::Duplicate), ("医院级别", Reason::Required)]);
}

#[test]
fn a_row_of_people_where_the_header_should_be_is_not_repeated() {
    let problems = Header::read(Table::Experts, &row(&["430281198001011234", "某某", "13800000000"])).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(!problems[0].text.contains("430281198001011234") && problems[0].column.is_empty());
    let problems = Header::read(Table::Experts, &row(&["编号", "430281198001011234"])).unwrap_err();
    assert_eq!(problems[0].column, "column 2");
}
