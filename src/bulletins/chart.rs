//! Bar charts as SVG. Pure: the same bars give the same text.

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::kernel::{Error, Result};

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// How long it is.
    pub value: i64,
    /// The value as it is printed at its end.
    pub text: String,
}

const FONT: (&str, i32) = ("sans-serif", 13);
const COLOUR: RGBColor = RGBColor(46, 94, 140);
const INK: RGBColor = RGBColor(60, 60, 60);
/// Pixels of a chart's width; a page scales it.
const WIDTH: u32 = 640;
/// Pixels of a row of a chart of rows.
const ROW: u32 = 30;
/// Pixels below columns that their labels have.
const LABEL_ROW: u32 = 26;
/// Pixels that labels of rows have.
const LABELS: u32 = 220;
const HEIGHT: u32 = 240;

type Failed = DrawingAreaErrorKind<std::io::Error>;

/// Bars that stand side by side, such as years.
///
/// # Errors
/// `Internal`: the plotting library refused, which nothing that is drawn here lets it.
pub fn columns(bars: &[Bar]) -> Result<String> {
    drawn(HEIGHT, |area| draw_columns(area, bars))
}

/// Bars below each other, the first one on top, with long labels.
///
/// # Errors
/// As [`columns`].
pub fn rows(bars: &[Bar]) -> Result<String> {
    let height = ROW * u32::try_from(bars.len()).unwrap_or(1).max(1) + 10;
    drawn(height, |area| draw_rows(area, bars))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn drawn(height: u32, draw: impl FnOnce(&Area<'_>) -> Result<(), Failed>) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let done = draw(&area).and_then(|()| area.present());
        done.map_err(|_| Error::Internal("a chart can't be drawn"))?;
    }
    Ok(svg)
}

/// From the lowest value or zero to the highest or zero, with room for a text at either end.
fn range(bars: &[Bar]) -> std::ops::Range<f64> {
    let values = || bars.iter().map(|bar| bar.value as f64).chain([0.0]);
    let (lowest, highest) = (values().fold(0.0, f64::min), values().fold(0.0, f64::max));
    let room = ((highest - lowest) * 0.12).max(0.5);
    (if lowest < 0.0 { lowest - room } else { 0.0 })..(highest + room)
}

fn draw_columns(area: &Area<'_>, bars: &[Bar]) -> Result<(), Failed> {
    let across = bars.len().max(1) as f64;
    let heights = range(bars);
    let floor = heights.start;
    let mut builder = ChartBuilder::on(area);
    let mut chart = builder.margin(6).margin_bottom(LABEL_ROW).build_cartesian_2d(0.0..across, heights)?;
    chart.draw_series(bars.iter().enumerate().map(|(at, bar)| {
        let left = at as f64;
        Rectangle::new([(left + 0.1, 0.0), (left + 0.9, bar.value as f64)], COLOUR.filled())
    }))?;
    chart.draw_series([PathElement::new([(0.0, 0.0), (across, 0.0)], INK)])?;
    let style = |side: VPos| FONT.into_font().color(&INK).pos(Pos::new(HPos::Center, side));
    let (above, below) = (style(VPos::Bottom), style(VPos::Top));
    for (at, bar) in bars.iter().enumerate() {
        let (middle, top) = (at as f64 + 0.5, (bar.value as f64).max(0.0));
        let name = EmptyElement::at((middle, floor)) + Text::new(bar.label.clone(), (0, 6), below.clone());
        let value = EmptyElement::at((middle, top)) + Text::new(bar.text.clone(), (0, -2), above.clone());
        chart.draw_series([name])?;
        chart.draw_series([value])?;
    }
    Ok(())
}

fn draw_rows(area: &Area<'_>, bars: &[Bar]) -> Result<(), Failed> {
    let top = bars.len();
    let mut builder = ChartBuilder::on(area);
    let places = 0.0..(top.max(1) as f64);
    let mut chart = builder.margin(4).margin_left(LABELS).build_cartesian_2d(range(bars), places)?;
    let from_top = |at: usize| (top - at) as f64;
    chart.draw_series(bars.iter().enumerate().map(|(at, bar)| {
        let corners = [(0.0, from_top(at) - 0.2), (bar.value as f64, from_top(at) - 0.8)];
        Rectangle::new(corners, COLOUR.filled())
    }))?;
    let style = |side: HPos| FONT.into_font().color(&INK).pos(Pos::new(side, VPos::Center));
    let (left, right) = (style(HPos::Left), style(HPos::Right));
    for (at, bar) in bars.iter().enumerate() {
        let (middle, end) = (from_top(at) - 0.5, (bar.value as f64).max(0.0));
        let name = EmptyElement::at((0.0, middle)) + Text::new(bar.label.clone(), (-8, 0), right.clone());
        let value = EmptyElement::at((end, middle)) + Text::new(bar.text.clone(), (6, 0), left.clone());
        chart.draw_series([name])?;
        chart.draw_series([value])?;
    }
    Ok(())
}
