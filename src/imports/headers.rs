//! The headings of each table, in Chinese and English, as data, and which column of a file is which.
//!
//! A new spelling is a word in a list here. Headings are compared without case, blanks, `_`, brackets and what stands in
//! brackets: `入册日期（必填）` is `入册日期`. Columns that nobody knows are named, not dropped silently.

use super::cells::Cell;
use super::{MAX_COLUMNS, Problem, Row, Table};
use crate::kernel::Reason;

mod columns;
mod savings;

pub use columns::Column;

/// A column of a table: what it means, whether it must be there, how it is spelled.
#[derive(Clone, Copy, Debug)]
pub struct Heading {
    /// What it means.
    pub column: Column,
    /// Whether the file must have it and every row must fill it.
    pub required: bool,
    /// Spellings; the first is the English one of the API's field, the second the Chinese one to show.
    pub spellings: &'static [&'static str],
}

const fn must(column: Column, spellings: &'static [&'static str]) -> Heading {
    Heading { column, required: true, spellings }
}

const fn may(column: Column, spellings: &'static [&'static str]) -> Heading {
    Heading { column, required: false, spellings }
}

const REMARK: Heading = may(Column::Remark, &["remark", "备注", "说明", "note", "序号", "no"]);
const PLACE_CODE: &[&str] = &["division_code", "行政区划代码", "区划代码", "区划"];
const CREDIT_CODE: &[&str] = &["credit_code", "统一社会信用代码", "信用代码", "institution_code"];
const EXPERT: &[&str] = &["expert", "专家编号", "专家"];
const ASSISTANT: &[&str] = &["assistant", "助手编号", "助手"];
const SITE: &[&str] = &["site", "服务点编号", "服务点", "地点"];
const HEARD_BY: &[&str] = &["consent_heard_by", "同意记录人", "同意记录岗位"];
const MEDIUM: &[&str] = &["consent_medium", "同意方式"];
const HEARD_DATE: &[&str] = &["consent_date", "同意日期"];
const SPECIALTIES: &[&str] = &["specialties", "诊疗科目", "诊疗科目代码", "专业", "specialty"];

const HOSPITALS: &[Heading] = &[
    must(Column::Id, &["id", "医院编号", "编号", "医院代码", "code"]),
    must(Column::DisplayName, &["display_name", "医院名称", "名称", "医院", "name"]),
    may(Column::Aliases, &["aliases", "别名", "简称", "曾用名"]),
    must(Column::Level, &["level", "医院级别", "级别", "等级"]),
    may(Column::City, &["city", "城市", "所在城市"]),
    may(Column::CreditCode, CREDIT_CODE),
    REMARK,
];
const SITES: &[Heading] = &[
    must(Column::Id, &["id", "服务点编号", "编号", "机构编号", "code"]),
    must(Column::DisplayName, &["display_name", "服务点名称", "名称", "服务点", "机构名称", "name"]),
    may(Column::Hospital, &["hospital", "所属医院", "所属机构"]),
    must(Column::Level, &["level", "服务点级别", "级别", "类别"]),
    may(Column::CreditCode, CREDIT_CODE),
    must(Column::DivisionCode, PLACE_CODE),
    may(Column::Zone, &["zone", "时区"]),
    may(Column::Specialties, &["licensed_specialties", "诊疗科目", "核准诊疗科目", "specialties"]),
    may(Column::Address, &["address", "地址"]),
    REMARK,
];
const ROOMS: &[Heading] = &[
    must(Column::Site, SITE),
    must(Column::Id, &["id", "房间编号", "编号", "诊室编号", "code", "room"]),
    must(Column::DisplayName, &["display_name", "房间名称", "名称", "诊室名称", "name"]),
    must(Column::RoomKinds, &["kinds", "用途", "房间用途", "kind"]),
    may(Column::TurnoverMinutes, &["turnover_minutes", "周转分钟", "准备分钟"]),
    REMARK,
];
const EXPERTS: &[Heading] = &[
    must(Column::Id, &["id", "专家编号", "编号", "工号", "code"]),
    must(Column::DisplayName, &["display_name", "专家", "称呼", "专家代号", "名称", "name"]),
    must(Column::Title, &["title", "职称"]),
    must(Column::Specialties, SPECIALTIES),
    must(Column::Hospital, &["hospital", "所在医院", "医院", "所在医院编号", "home_hospital"]),
    may(Column::AffiliationFrom, &["affiliation_from_date", "所在医院起始日期", "任职起始日期"]),
    must(Column::EntryDate, &["roster_entry_date", "入册日期", "在册起始日期", "入库日期"]),
    may(Column::ExitDate, &["roster_exit_date", "退出日期", "在册截止日期"]),
    may(Column::Tie, &["home_tie", "乡情", "乡情类型"]),
    may(Column::TiePlace, &["home_tie_place", "乡情地点", "籍贯"]),
    may(Column::TieDivision, &["home_tie_division", "乡情区划代码"]),
    may(Column::ConsentHeardBy, HEARD_BY),
    may(Column::ConsentMedium, MEDIUM),
    may(Column::ConsentDate, HEARD_DATE),
    may(Column::GradeLimit, &["operation_grade_limit", "手术级别上限", "手术级别"]),
    REMARK,
];
const ASSISTANTS: &[Heading] = &[
    must(Column::Id, &["id", "助手编号", "编号", "code"]),
    must(Column::DisplayName, &["display_name", "助手", "称呼", "助手代号", "名称", "name"]),
    must(Column::Site, SITE),
    may(Column::Specialties, SPECIALTIES),
    may(Column::ExitDate, &["end_date", "离岗日期", "截止日期"]),
    REMARK,
];
const PAIRINGS: &[Heading] = &[
    may(Column::Id, &["id", "结对编号", "编号", "code"]),
    must(Column::Expert, EXPERT),
    must(Column::Assistant, ASSISTANT),
    may(Column::PairingRole, &["role", "结对角色", "角色", "主备"]),
    must(Column::FromDate, &["from_date", "起始日期", "结对日期", "开始日期"]),
    may(Column::ToDate, &["to_date", "截止日期", "结束日期"]),
    REMARK,
];
const SESSIONS: &[Heading] = &[
    must(Column::Id, &["id", "场次编号", "编号", "场次", "code"]),
    must(Column::Expert, EXPERT),
    must(Column::Site, SITE),
    must(Column::Kind, &["kind", "场次类型", "类型", "服务方式"]),
    may(Column::Date, &["date", "日期", "服务日期", "坐诊日期"]),
    may(Column::HalfDay, &["half_day", "午别"]),
    may(Column::StartTime, &["start_time", "开始时间", "起始时间"]),
    may(Column::EndTime, &["end_time", "结束时间", "截止时间"]),
    may(Column::Room, &["room", "房间编号", "诊室", "房间"]),
    may(Column::Assistant, ASSISTANT),
    may(Column::Specialty, &["specialty", "诊疗科目", "专业", "科室"]),
    may(Column::CoExperts, &["co_experts", "同行专家"]),
    may(Column::ResponsibleBefore, &["responsible_before", "术前责任医师编号", "术前责任医师"]),
    may(Column::ResponsibleAfter, &["responsible_after", "术后责任医师编号", "术后责任医师"]),
    may(Column::ConsentHeardBy, HEARD_BY),
    may(Column::ConsentMedium, MEDIUM),
    may(Column::ConsentDate, HEARD_DATE),
    may(Column::State, &["state", "场次状态", "状态"]),
    REMARK,
];
const ACTIVITIES: &[Heading] = &[
    must(Column::Id, &["id", "记录编号", "编号", "流水号", "code"]),
    must(Column::Kind, &["kind", "记录类型", "类型", "服务类型"]),
    may(Column::Session, &["session", "场次编号", "场次"]),
    may(Column::Site, SITE),
    may(Column::Expert, EXPERT),
    may(Column::Date, &["date", "服务日期", "日期"]),
    may(Column::HalfDay, &["half_day", "午别"]),
    may(Column::Specialty, &["specialty", "诊疗科目", "专业", "科室"]),
    may(Column::PatientToken, &["patient_token", "患者标识", "患者代码", "token"]),
    may(Column::TokenIssuer, &["token_issuer", "标识签发机构", "签发机构", "issuer"]),
    may(Column::Residence, &["residence", "患者常住地", "常住地"]),
    may(Column::Procedure, &["procedure", "手术编码", "主要手术编码"]),
    may(Column::OtherProcedures, &["other_procedures", "其他手术编码"]),
    may(Column::ProcedureSystem, &["procedure_system", "手术编码体系"]),
    may(Column::ProcedureVersion, &["procedure_version", "手术编码版本"]),
    may(Column::Grade, &["grade", "手术级别"]),
    may(Column::GradeList, &["grade_list", "分级目录", "手术分级目录"]),
    may(Column::Performer, &["performer", "术者", "主刀"]),
    may(Column::ConsultationType, &["consultation_type", "初复诊", "就诊类型"]),
    may(Column::Assistant, ASSISTANT),
    may(Column::AssistantPart, &["assistant_part", "助手参与程度", "助手参与"]),
    may(Column::Technique, &["technique", "技术名称", "技术"]),
    may(Column::GapLevel, &["gap_level", "空白级别", "填补空白级别"]),
    may(Column::Count, &["count", "人数", "人次", "数量"]),
    may(Column::DeclaredSaving, &["declared_saving_yuan", "申报节省费用", "节省费用", "节省金额"]),
    REMARK,
];
const OPENING_BALANCES: &[Heading] = &[
    must(Column::Measure, &["measure", "指标", "统计指标"]),
    must(Column::Value, &["value", "期初数", "数值", "累计数"]),
    must(Column::Day, &["day", "截止日期", "截至日期"]),
    must(Column::Document, &["document", "依据文件", "文件"]),
    must(Column::DeclaredBy, &["declared_by", "申报单位", "申报人岗位"]),
    REMARK,
];

impl Table {
    /// The headings of the table.
    pub fn headings(self) -> &'static [Heading] {
        match self {
            Table::Hospitals => HOSPITALS,
            Table::Sites => SITES,
            Table::Rooms => ROOMS,
            Table::Experts => EXPERTS,
            Table::Assistants => ASSISTANTS,
            Table::Pairings => PAIRINGS,
            Table::Sessions => SESSIONS,
            Table::Activities => ACTIVITIES,
            Table::OpeningBalances => OPENING_BALANCES,
            Table::Tariffs => savings::TARIFFS,
            Table::Trips => savings::TRIPS,
            Table::Bills => savings::BILLS,
        }
    }

    /// What a file of this table can be called, before digits, dates and the extension.
    pub fn file_names(self) -> &'static [&'static str] {
        match self {
            Table::Hospitals => &["hospitals", "医院"],
            Table::Sites => &["sites", "服务点"],
            Table::Rooms => &["rooms", "房间", "诊室"],
            Table::Experts => &["experts", "专家"],
            Table::Assistants => &["assistants", "助手"],
            Table::Pairings => &["pairings", "结对"],
            Table::Sessions => &["sessions", "场次"],
            Table::Activities => &["activities", "服务记录"],
            Table::OpeningBalances => &["opening_balances", "期初数"],
            Table::Tariffs => &["tariffs", "测算参数"],
            Table::Trips => &["trips", "就医行程"],
            Table::Bills => &["bills", "结算单"],
        }
    }

    /// The table that a file's name says, such as `02-专家.csv` or `sessions_2024.xlsx`.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem).to_lowercase();
        let edge = |letter: char| letter.is_ascii_digit() || "-_. ()（）年月".contains(letter);
        let word = stem.trim_matches(edge).trim_end_matches('表').replace([' ', '-'], "_");
        <Self as crate::kernel::Vocabulary>::ALL
            .iter()
            .copied()
            .find(|table| table.file_names().contains(&word.as_str()))
    }

    /// The table whose required headings a header row has all; of several, the one that knows most of its cells.
    pub fn of_header(row: &Row) -> Option<Self> {
        let tables = <Self as crate::kernel::Vocabulary>::ALL.iter().copied();
        let known = |table: Table| row.cells.iter().filter(|cell| recognise(table, cell).is_some()).count();
        let fits = |table: &Table| {
            let found: Vec<_> = row.cells.iter().filter_map(|cell| recognise(*table, cell)).collect();
            table.headings().iter().filter(|heading| heading.required).all(|heading| found.contains(&heading.column))
        };
        tables.filter(fits).max_by_key(|table| (known(*table), std::cmp::Reverse(*table)))
    }
}

/// A heading as it is compared: no case, blanks, stars, nor what stands in brackets.
fn folded(text: &str) -> String {
    let mut depth = 0_usize;
    let mut word = String::new();
    for letter in text.chars() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ' ' | '_' | '*' | '-' | '\n' | '\r' | ':' => {}
            letter if depth == 0 => word.extend(letter.to_lowercase()),
            _ => {}
        }
    }
    word
}

fn recognise(table: Table, cell: &Cell) -> Option<Column> {
    let Cell::Text(text) = cell else { return None };
    let word = folded(text);
    let spelled = |heading: &&Heading| heading.spellings.iter().any(|spelling| folded(spelling) == word);
    table.headings().iter().find(spelled).map(|heading| heading.column)
}

/// Which column of a file is which.
#[derive(Debug)]
pub struct Header {
    columns: Vec<(Column, usize, String)>,
    width: usize,
}

impl Header {
    /// Reads a header row.
    ///
    /// # Errors
    /// Every unknown heading, every heading that stands twice, every required one that is missing.
    pub fn read(table: Table, row: &Row) -> Result<Self, Vec<Problem>> {
        let mut header = Self { columns: Vec::new(), width: row.cells.len() };
        let mut problems = Vec::new();
        if row.cells.len() > MAX_COLUMNS {
            return Err(vec![Problem::at(row.line, "", Reason::OutOfRange, format!("over {MAX_COLUMNS} columns"))]);
        }
        if !row.cells.iter().any(|cell| recognise(table, cell).is_some()) {
            // Not a header at all: it may be a row of people, so nothing of it is repeated.
            return Err(vec![Problem::at(
                row.line,
                "",
                Reason::Required,
                format!("no header row: {}", expected(table)),
            )]);
        }
        for (index, cell) in row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_blank()) {
            let label = label(cell, index);
            match recognise(table, cell) {
                None => problems.push(Problem::at(row.line, label, Reason::UnknownValue, "no column of this table")),
                Some(Column::Remark) => {}
                Some(column) if header.position(column).is_some() => {
                    problems.push(Problem::at(row.line, label, Reason::Duplicate, "the column stands twice"));
                }
                Some(column) => header.columns.push((column, index, label)),
            }
        }
        for heading in table.headings().iter().filter(|heading| heading.required) {
            if header.position(heading.column).is_none() {
                let [english, chinese, ..] = heading.spellings else { continue };
                let text = format!("the column is missing (also spelled {english})");
                problems.push(Problem::at(row.line, *chinese, Reason::Required, text));
            }
        }
        if problems.is_empty() { Ok(header) } else { Err(problems) }
    }

    /// Where a column stands.
    pub fn position(&self, column: Column) -> Option<usize> {
        self.columns.iter().find(|(known, ..)| *known == column).map(|(_, index, _)| *index)
    }

    /// The heading as the file has it, or as this table shows it.
    pub fn label(&self, table: Table, column: Column) -> String {
        let written = self.columns.iter().find(|(known, ..)| *known == column).map(|(.., label)| label.clone());
        let shown = || table.headings().iter().find(|heading| heading.column == column)?.spellings.get(1).copied();
        written.unwrap_or_else(|| shown().unwrap_or_default().to_owned())
    }

    /// How many columns the header has.
    pub fn width(&self) -> usize {
        self.width
    }
}

/// A heading to show; one with a long run of digits, or a long one, may be a value: its place instead.
fn label(cell: &Cell, index: usize) -> String {
    let place = || format!("column {}", index + 1);
    match cell {
        Cell::Text(text) if text.chars().count() <= 24 && text.bytes().filter(u8::is_ascii_digit).count() < 5 => {
            text.clone()
        }
        Cell::Text(_) | Cell::Blank | Cell::Number(_) | Cell::Moment(_) | Cell::Fault => place(),
    }
}

fn expected(table: Table) -> String {
    let required = table.headings().iter().filter(|heading| heading.required);
    let names: Vec<_> = required.filter_map(|heading| heading.spellings.get(1).copied()).collect();
    format!("expected at least {}", names.join("、"))
}
