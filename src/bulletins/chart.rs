//! Bar charts as SVG. Pure: the same bars give the same text.

use plotters::coord::Shift;
use plotters::coord::ranged1d::SegmentValue;
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
    let places = (0..bars.len().max(1)).into_segmented();
    let mut builder = ChartBuilder::on(area);
    let mut chart = builder.margin(6).x_label_area_size(24).build_cartesian_2d(places, range(bars))?;
    let label = |place: &SegmentValue<usize>| match place {
        SegmentValue::CenterOf(at) => bars.get(*at).map_or_else(String::new, |bar| bar.label.clone()),
        SegmentValue::Exact(_) | SegmentValue::Last => String::new(),
    };
    let mut mesh = chart.configure_mesh();
    mesh.disable_mesh().disable_y_axis().axis_style(INK).label_style(FONT.into_font().color(&INK));
    mesh.x_labels(bars.len().max(1)).x_label_formatter(&label).draw()?;
    chart.draw_series(bars.iter().enumerate().map(|(at, bar)| {
        let corners = [(SegmentValue::Exact(at), 0.0), (SegmentValue::Exact(at + 1), bar.value as f64)];
        let mut column = Rectangle::new(corners, COLOUR.filled());
        column.set_margin(0, 0, 6, 6);
        column
    }))?;
    let above = FONT.into_font().color(&INK).pos(Pos::new(HPos::Center, VPos::Bottom));
    chart.draw_series(bars.iter().enumerate().map(|(at, bar)| {
        Text::new(bar.text.clone(), (SegmentValue::CenterOf(at), (bar.value as f64).max(0.0)), above.clone())
    }))?;
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
