//! A bulletin as one page of HTML: its text as tables, its figures as charts, no script, nothing fetched.

use std::fmt::Write as _;

use super::chart::{self, Bar};
use super::text::{self, Level, List, group, yuan};
use super::{Bulletin, Language, MOST_TOPS, Top, Year, sensitivity, specialties};
use crate::kernel::Result;
use crate::tallies::sensitivity::{Analysis, Line};

const STYLE: &str = "body{font:16px/1.6 sans-serif;margin:1.5em auto;max-width:46em;padding:0 1em;color:#222}\
h1{font-size:1.4em}h2{font-size:1.1em;margin:1.8em 0 .4em;border-bottom:1px solid #bbb}\
table{border-collapse:collapse;width:100%}th,td{text-align:right;padding:.2em .5em;border-bottom:1px solid #eee}\
th{font-weight:normal;color:#555}th:first-child,td:first-child{text-align:left}\
figure{margin:.5em 0}figcaption{color:#555}svg{max-width:100%;height:auto}\
.notes{color:#444;font-size:.9em}.under{margin-left:1.5em}\
@page{size:A4;margin:15mm}\
@media print{body{margin:0;padding:0;max-width:none;font-size:10pt}figure,tr{break-inside:avoid}\
table{table-layout:fixed;font-size:8.5pt}th,td{padding:.15em .3em;overflow-wrap:anywhere}\
th:first-child{width:24%}th:last-child{width:18%}}";

/// The page.
///
/// # Errors
/// As [`chart::columns`].
pub fn render(bulletin: &Bulletin, language: Language) -> Result<String> {
    let say = |zh: &'static str, en: &'static str| language.choose(zh, en);
    let sections = text::sections(bulletin, language);
    let title = escaped(&sections.title);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        say("zh-CN", "en")
    );
    for line in &sections.headline {
        let _ = writeln!(html, "<p>{}</p>", escaped(line)); // a String takes everything
    }
    if !bulletin.by_year.is_empty() {
        years(&mut html, &bulletin.by_year, language)?;
    }
    tops(&mut html, say("服务点", "Sites"), &bulletin.top_sites, language, |top| top.name.clone())?;
    let specialty = |top: &Top| specialties::name(&top.name, language);
    tops(&mut html, say("诊疗科目", "Specialties"), &bulletin.top_specialties, language, specialty)?;
    if let Some(analysis) = &bulletin.analysis {
        swings(&mut html, analysis, language)?;
    }
    for List { heading, lines } in &sections.lists {
        let _ = writeln!(html, "<h2>{}</h2>", escaped(heading));
        list(&mut html, lines);
    }
    if !sections.footnotes.is_empty() {
        let _ = writeln!(html, "<h2>{}</h2>\n<ol class=\"notes\">", say("注", "Notes"));
        for note in &sections.footnotes {
            let _ = writeln!(html, "<li>{}</li>", escaped(note));
        }
        html.push_str("</ol>\n");
    }
    html.push_str("</body>\n</html>\n");
    Ok(html)
}

/// The lines of a list, those in an order numbered.
fn list(html: &mut String, lines: &[text::Line]) {
    let is_ordered = |line: &text::Line| matches!(line.level, Level::Place(_));
    for lines in lines.chunk_by(|one, next| is_ordered(one) == is_ordered(next)) {
        let tag = if lines.first().is_some_and(is_ordered) { "ol" } else { "ul" };
        let _ = writeln!(html, "<{tag}>");
        for line in lines {
            let class = match line.level {
                Level::Under => " class=\"under\"",
                Level::Own | Level::Place(_) => "",
            };
            let _ = writeln!(html, "<li{class}>{}</li>", escaped(&line.text));
        }
        let _ = writeln!(html, "</{tag}>");
    }
}

/// What a chart draws of a year.
type Drawn = fn(&Year) -> i64;

/// A table of the years and a chart for each of its flows.
fn years(html: &mut String, years: &[Year], language: Language) -> Result<()> {
    let headings: [&str; 7] = match language {
        Language::Chinese => ["年度", "专家", "医院", "坐诊次", "诊疗人次", "手术台次", "申报节省（元）"],
        Language::English => {
            ["Year", "Experts", "Hospitals", "Sittings", "Consultations", "Operation cases", "Declared savings (yuan)"]
        }
    };
    let _ = writeln!(html, "<h2>{}</h2>", language.choose("分年度", "By year"));
    let row = |year: &Year| {
        let it = &year.figures;
        let counts = [it.experts, it.home_hospitals, it.sittings, it.consultations, it.operations].map(group);
        let mut cells = vec![year.label(language)];
        cells.extend(counts);
        cells.push(yuan(it.declared_savings_fen));
        cells
    };
    table(html, &headings, years.iter().map(row));
    let charts: [(&str, Drawn); 4] = [
        (headings[3], |year| year.figures.sittings),
        (headings[4], |year| year.figures.consultations),
        (headings[5], |year| year.figures.operations),
        (headings[6], |year| year.figures.declared_savings_fen.get() / 100),
    ];
    for (caption, value) in charts {
        let bar = |year: &Year| {
            let value = value(year);
            Bar { label: year.year.to_string(), value, text: group(value) }
        };
        let bars: Vec<Bar> = years.iter().map(bar).collect();
        if bars.iter().any(|bar| bar.value != 0) {
            figure(html, caption, &chart::columns(&bars)?);
        }
    }
    Ok(())
}

/// A table and a chart of those that have most.
fn tops(html: &mut String, what: &str, tops: &[Top], language: Language, name: impl Fn(&Top) -> String) -> Result<()> {
    if tops.is_empty() {
        return Ok(());
    }
    let headings = match language {
        Language::Chinese => [what, "坐诊次", "诊疗人次", "手术台次"],
        Language::English => [what, "Sittings", "Consultations", "Operation cases"],
    };
    let _ = writeln!(html, "<h2>{what}{}</h2>", language.choose("（按诊疗人次）", ", by consultations"));
    let cells = |top: &Top| vec![name(top), group(top.sittings), group(top.consultations), group(top.operations)];
    table(html, &headings, tops.iter().map(cells));
    let bar = |top: &Top| Bar { label: name(top), value: top.consultations, text: group(top.consultations) };
    let bars: Vec<Bar> = tops.iter().map(bar).collect();
    figure(html, headings[2], &chart::rows(&bars)?);
    Ok(())
}

/// A chart of what the first assumptions move; in words they stand in their list.
fn swings(html: &mut String, analysis: &Analysis, language: Language) -> Result<()> {
    let bar = |line: &Line| {
        let size = i64::try_from(line.swing.size()).unwrap_or(i64::MAX) / 100;
        Bar { label: sensitivity::name(&line.swing.assumption, language), value: size, text: group(size) }
    };
    let bars: Vec<Bar> = analysis.lines.iter().take(MOST_TOPS).map(bar).collect();
    if !bars.is_empty() {
        let caption = language.choose("各假设使净节省相差（元）", "What each assumption moves of net savings (yuan)");
        figure(html, caption, &chart::rows(&bars)?);
    }
    Ok(())
}

fn table(html: &mut String, headings: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    html.push_str("<table>\n<tr>");
    for heading in headings {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escaped(heading));
    }
    html.push_str("</tr>\n");
    for row in rows {
        html.push_str("<tr>");
        for cell in &row {
            let _ = write!(html, "<td>{}</td>", escaped(cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table>\n");
}

fn figure(html: &mut String, caption: &str, svg: &str) {
    let _ = writeln!(html, "<figure>\n<figcaption>{}</figcaption>\n{}</figure>", escaped(caption), svg.trim_start());
}

/// Text as HTML, in elements and in attributes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}
