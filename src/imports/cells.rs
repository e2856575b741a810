//! What one cell of a county's table says: dates in every form that counties write, numbers, money.
//!
//! Pure, and never echoes a value: what stands in the wrong column may be a person. Which column needs what is
//! `records`'; where a cell comes from is `text`'s and `sheet`'s.

use chrono::{Datelike as _, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _};

use crate::kernel::{Date, Fen};

/// One cell as its file has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing, or blanks only.
    Blank,
    /// Text, trimmed, full-width letters, digits and punctuation turned to ASCII.
    Text(String),
    /// A number of a spreadsheet: a count, an amount, or a day's serial.
    Number(f64),
    /// A cell that the spreadsheet itself shows as a day or a time.
    Moment(NaiveDateTime),
    /// A spreadsheet's error such as `#REF!`.
    Fault,
}

/// A day and time as written: without a zone it is the site's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Clock time of the site.
    Local(NaiveDateTime),
    /// Written with its offset.
    Fixed(chrono::DateTime<chrono::FixedOffset>),
}

/// Why a cell can't be read, in words that fit behind "file, line, column:".
pub type Reading<T> = Result<T, &'static str>;

const DATE_FORMS: &str = "not a date: write 2024-03-05, 20240305, 2024.3.5 or 2024年3月5日";
const DATE_RANGE: &str = "not a day between 1900 and 2200";
const TIME_FORMS: &str = "not a time of day: write 08:30 or 8时30分";
const MOMENT_FORMS: &str = "not a day and time: write 2024-03-05 08:30";
const COUNT_FORMS: &str = "not a whole number: write 9919 or 9,919";
const YUAN_FORMS: &str = "not an amount in yuan with at most two decimals: write 1234.50 or 1,234.50";
const FAULT: &str = "the spreadsheet has an error in this cell";

impl Cell {
    /// A cell of a text file.
    pub fn of_text(raw: &str) -> Self {
        let text: String = raw.chars().map(narrow).collect();
        match text.trim() {
            "" => Cell::Blank,
            trimmed => Cell::Text(trimmed.to_owned()),
        }
    }

    /// Whether nothing stands here.
    pub fn is_blank(&self) -> bool {
        matches!(self, Cell::Blank)
    }

    /// The text; a spreadsheet's whole number without a decimal point, a day in ISO form.
    pub fn text(&self) -> Reading<String> {
        match self {
            Cell::Blank => Ok(String::new()),
            Cell::Text(text) => Ok(text.clone()),
            Cell::Number(number) => Ok(plain(*number)),
            Cell::Moment(moment) => Ok(moment.date().to_string()),
            Cell::Fault => Err(FAULT),
        }
    }

    /// A civil day; a time behind it is left out.
    pub fn date(&self) -> Reading<Date> {
        let day = match self {
            Cell::Blank => return Err(DATE_FORMS),
            Cell::Fault => return Err(FAULT),
            Cell::Moment(moment) => moment.date(),
            Cell::Number(serial) => number_as_day(*serial)?.date(),
            Cell::Text(text) => moment_of(text)?.0,
        };
        in_range(day)
    }

    /// A time of the day; of a spreadsheet's day and time, the time.
    pub fn time(&self) -> Reading<NaiveTime> {
        match self {
            Cell::Blank => Err(TIME_FORMS),
            Cell::Fault => Err(FAULT),
            Cell::Moment(moment) => Ok(moment.time()),
            Cell::Number(part) if (0.0..1.0).contains(part) => Ok(serial_moment(*part).ok_or(TIME_FORMS)?.time()),
            Cell::Number(_) => Err(TIME_FORMS),
            Cell::Text(text) => match time_of(text) {
                Some(time) => Ok(time),
                None => moment_of(text).ok().and_then(|(_, time)| time).ok_or(TIME_FORMS),
            },
        }
    }

    /// A day and time in one cell, with an offset or without.
    pub fn moment(&self) -> Reading<Moment> {
        let local = match self {
            Cell::Blank => return Err(MOMENT_FORMS),
            Cell::Fault => return Err(FAULT),
            Cell::Moment(moment) => *moment,
            Cell::Number(serial) => number_as_day(*serial)?,
            Cell::Text(text) => {
                if let Ok(fixed) = chrono::DateTime::parse_from_rfc3339(text) {
                    in_range(fixed.date_naive())?;
                    return Ok(Moment::Fixed(fixed));
                }
                let (day, time) = moment_of(text)?;
                day.and_time(time.ok_or(MOMENT_FORMS)?)
            }
        };
        in_range(local.date())?;
        Ok(Moment::Local(local))
    }

    /// Whether the cell has a time of day behind its day.
    pub fn has_time(&self) -> bool {
        match self {
            Cell::Blank | Cell::Fault => false,
            Cell::Moment(moment) => moment.time() != NaiveTime::MIN,
            Cell::Number(serial) => serial.fract() != 0.0,
            Cell::Text(text) => moment_of(text).is_ok_and(|(_, time)| time.is_some()),
        }
    }

    /// A whole number, with or without thousands separators.
    pub fn count(&self) -> Reading<i64> {
        match self {
            Cell::Blank | Cell::Moment(_) => Err(COUNT_FORMS),
            Cell::Fault => Err(FAULT),
            Cell::Number(number) => plain(*number).parse().map_err(|_| COUNT_FORMS),
            Cell::Text(text) => ungrouped(text).and_then(|digits| digits.parse().ok()).ok_or(COUNT_FORMS),
        }
    }

    /// An amount in yuan, with or without `¥`, `元` and thousands separators, as fen.
    pub fn yuan(&self) -> Reading<Fen> {
        let text = match self {
            Cell::Blank | Cell::Moment(_) => return Err(YUAN_FORMS),
            Cell::Fault => return Err(FAULT),
            Cell::Number(number) => plain(*number),
            Cell::Text(text) => {
                let bare = text.trim_start_matches(['¥', '￥']).trim_end_matches('元').trim();
                ungrouped(bare).ok_or(YUAN_FORMS)?
            }
        };
        Fen::parse_yuan(&text).map_err(|_| YUAN_FORMS)
    }
}

/// Full-width forms and the ideographic space as ASCII; everything else as it is.
pub fn narrow(letter: char) -> char {
    match letter {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        other => other,
    }
}

/// A spreadsheet's number as people see it: 15 significant digits, no exponent.
fn plain(number: f64) -> String {
    let rounded = format!("{number:.14e}").parse::<f64>().unwrap_or(number);
    format!("{rounded}")
}

/// `9,919` and `9919` as `9919`; a separator anywhere else is refused, `1,2` may be a decimal.
fn ungrouped(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, decimals) = match digits.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (digits, None),
    };
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !grouped || !groups.iter().all(|group| all_digits(group)) || !decimals.is_none_or(all_digits) {
        return None;
    }
    let decimals = decimals.map_or(String::new(), |decimals| format!(".{decimals}"));
    Some(format!("{sign}{}{decimals}", groups.concat()))
}

fn in_range(day: Date) -> Reading<Date> {
    if (1900..=2200).contains(&day.year()) { Ok(day) } else { Err(DATE_RANGE) }
}

/// A number where a day is meant: eight digits `20240305`, else the serial of a spreadsheet (1900 system).
fn number_as_day(number: f64) -> Reading<NaiveDateTime> {
    // Serials below 61 are off by one in the 1900 system (its 1900-02-29 never was); 109,939 begins 2201.
    if (61.0..109_939.0).contains(&number) {
        return serial_moment(number).ok_or(DATE_FORMS);
    }
    let (day, _) = moment_of(&plain(number))?;
    Ok(day.and_time(NaiveTime::MIN))
}

/// The moment of a serial, to the second: spreadsheets keep 08:30 as 0.354166….
fn serial_moment(serial: f64) -> Option<NaiveDateTime> {
    let epoch = Date::from_ymd_opt(1899, 12, 30)?.and_time(NaiveTime::MIN);
    let seconds = (serial * 86_400.0).round();
    epoch.checked_add_signed(TimeDelta::try_seconds(seconds as i64)?)
}

/// A day and what time stands behind it, in any written form.
fn moment_of(text: &str) -> Reading<(Date, Option<NaiveTime>)> {
    let (day, rest) = split_day(text).ok_or(DATE_FORMS)?;
    let rest = rest.trim_start_matches('T').trim();
    if rest.is_empty() {
        return Ok((day, None));
    }
    Ok((day, Some(time_of(rest).ok_or(MOMENT_FORMS)?)))
}

/// The day at the head of a text, and what follows.
fn split_day(text: &str) -> Option<(Date, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (head, rest) = text.split_at(digits);
    match digits {
        8 => Some((day(&head[..4], &head[4..6], &head[6..])?, rest)),
        5 | 6 => serial_text(head, rest),
        4 => {
            let (month, rest) = part(rest, &["-", "/", ".", "年"])?;
            let (last, rest) = part(rest, &["-", "/", ".", "月"])?;
            let rest = rest.strip_prefix(['日', '号']).unwrap_or(rest);
            Some((day(head, month, last)?, rest))
        }
        _ => None,
    }
}

/// A serial as text, such as `45356` or `45356.375` in a CSV that a spreadsheet wrote.
fn serial_text<'a>(head: &str, rest: &'a str) -> Option<(Date, &'a str)> {
    if rest.is_empty() || (rest.starts_with('.') && rest[1..].bytes().all(|byte| byte.is_ascii_digit())) {
        let whole: f64 = head.parse().ok()?;
        return (61.0..109_939.0).contains(&whole).then(|| serial_moment(whole))?.map(|moment| (moment.date(), rest));
    }
    None
}

/// One or two digits behind one of the signs.
fn part<'a>(text: &'a str, signs: &[&str]) -> Option<(&'a str, &'a str)> {
    let rest = signs.iter().find_map(|sign| text.strip_prefix(sign))?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&digits).then(|| rest.split_at(digits))
}

fn day(year: &str, month: &str, day: &str) -> Option<Date> {
    Date::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// `8:30`, `08:30:00`, `8时30分`, `8时`, `8点半`, each with 上午 or 下午 before it, or a serial's fraction `.375`.
fn time_of(text: &str) -> Option<NaiveTime> {
    if let Some(fraction) = text.strip_prefix('.') {
        let part: f64 = format!("0.{fraction}").parse().ok()?;
        return serial_moment(part).map(|moment| moment.time());
    }
    let (afternoon, clock) = match (text.strip_prefix("上午"), text.strip_prefix("下午")) {
        (Some(rest), _) => (false, rest.trim()),
        (_, Some(rest)) => (true, rest.trim()),
        (None, None) => (false, text),
    };
    let half = clock.replace("点半", "点30分");
    let plain = half.replace(['时', '点'], ":").replace('分', ":").replace('秒', "");
    let parts: Vec<&str> = plain.trim_end_matches(':').split(':').collect();
    let has_unit = clock.contains(['时', '点', ':']);
    if !has_unit || parts.len() > 3 || !parts.iter().all(|part| (1..=2).contains(&part.len())) {
        return None;
    }
    let number = |index: usize| parts.get(index).map_or(Some(0), |part| part.parse::<u32>().ok());
    let time = NaiveTime::from_hms_opt(number(0)?, number(1)?, number(2)?)?;
    if afternoon && time.hour() < 12 {
        NaiveTime::from_hms_opt(time.hour() + 12, time.minute(), time.second())
    } else {
        Some(time)
    }
}
