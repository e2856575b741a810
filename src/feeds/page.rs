//! An itinerary as one page of HTML: no script, no picture, nothing fetched, readable on a telephone and on paper.

use std::fmt::Write as _;

use super::itinerary::{self, Itinerary, Step};
use super::{Language, words};

const STYLE: &str = "body{font:16px/1.5 sans-serif;margin:1.5em auto;max-width:42em;padding:0 1em;color:#222}\
h1{font-size:1.3em}h2{font-size:1.1em;margin:1.5em 0 .3em;border-bottom:1px solid #bbb}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25em .8em .25em 0}\
th{font-weight:normal;white-space:nowrap;color:#555}.off{text-decoration:line-through;color:#888}\
.way td{color:#555}small{color:#555}";

pub(super) fn html(itinerary: &Itinerary, language: Language) -> String {
    let title = escaped(&itinerary.title(language));
    let lang = language.choose("zh-CN", "en");
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<table>\n"
    );
    for (label, value) in itinerary.head(language) {
        row(&mut html, "", label, &escaped(&value));
    }
    html.push_str("</table>\n");
    for day in &itinerary.days {
        let _ = writeln!(html, "<h2>{}</h2>\n<table>", escaped(&day.heading(language)));
        for each in &day.steps {
            step(&mut html, each, language);
        }
        html.push_str("</table>\n");
    }
    if itinerary.days.is_empty() {
        let _ = writeln!(html, "<p>{}</p>", itinerary::nothing(language));
    }
    html.push_str("</body>\n</html>\n");
    html
}

fn step(html: &mut String, step: &Step, language: Language) {
    match step {
        Step::Session(entry) => {
            let class = if entry.stands() { "" } else { " class=\"off\"" };
            let what = format!("{} · {}", words::kind(entry.kind, language), itinerary::place(entry));
            let details = itinerary::details(entry, language).join(language.choose("；", "; "));
            let cell = format!("<span{class}>{}</span><br><small>{}</small>", escaped(&what), escaped(&details));
            row(html, "", &itinerary::times(entry), &cell);
        }
        Step::Journey { minutes, to } => {
            row(html, " class=\"way\"", "→", &escaped(&itinerary::journey(*minutes, to, language)));
        }
    }
}

/// A row with a heading that is text and a cell that is HTML.
fn row(html: &mut String, class: &str, heading: &str, cell: &str) {
    let _ = writeln!(html, "<tr{class}><th scope=\"row\">{}</th><td>{cell}</td></tr>", escaped(heading));
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
