//! What one cell says, in every form that counties write, and that nothing is guessed.
use homecoming::imports::cells::{Cell, Moment};
use homecoming::kernel::{Date, Fen, NaiveTime};
use proptest::prelude::*;

fn text(raw: &str) -> Cell {
    Cell::of_text(raw)
}

fn day(year: i32, month: u32, day: u32) -> Date {
    Date::from_ymd_opt(year, month, day).unwrap()
}

#[test]
fn a_day_is_read_in_every_form() {
    let fifth = day(2024, 3, 5);
    let forms = [
        "2024-03-05",
        "2024-3-5",
        "2024/3/5",
        "20240305",
        "2024.3.5",
        "2024.03.05",
        "2024年3月5日",
        "2024年03月05号",
        "45356",
        "２０２４－０３－０５",
        "２０２４年３月５日",
        "2024-03-05 08:30",
        "2024-03-05T08:30:00",
        "2024年3月5日 上午8时30分",
        "45356.354166667",
        "　2024-03-05　",
    ];
    for form in forms {
        assert_eq!(text(form).date(), Ok(fifth), "{form}");
    }
    assert_eq!(Cell::Number(45_356.0).date(), Ok(fifth));
    assert_eq!(Cell::Number(20_240_305.0).date(), Ok(fifth));
    assert_eq!(Cell::Moment(fifth.and_hms_opt(8, 30, 0).unwrap()).date(), Ok(fifth));
    assert_eq!(Cell::Number(61.0).date(), Ok(day(1900, 3, 1)));
}

#[test]
fn what_is_no_day_is_refused_without_being_repeated() {
    let wrong = [
        "",
        "2024-13-05",
        "2024-02-30",
        "3/5/2024",
        "05.03.2024",
        "2024-3",
        "2023年3月",
        "202304",
        "1899-12-31",
        "2201-01-01",
        "去年",
        "2024-03-05x",
        "430281198001011234",
        "45356.5.5",
        "2024-03-05 25:00",
        "-45356",
    ];
    for form in wrong {
        let refusal = text(form).date().expect_err(form);
        assert!(form.is_empty() || !refusal.contains(form), "{form}");
    }
    for number in [60.0, 0.0, -1.0, 109_939.0, 1e300, f64::NAN, f64::INFINITY] {
        assert!(Cell::Number(number).date().is_err(), "{number}");
    }
    assert!(Cell::Fault.date().is_err());
}

#[test]
fn a_time_and_a_moment_are_read_in_every_form() {
    let half_past_eight = NaiveTime::from_hms_opt(8, 30, 0).unwrap();
    for form in ["8:30", "08:30", "08:30:00", "8时30分", "８：３０", "8点半", "上午8:30", "2024-03-05 08:30"]
    {
        assert_eq!(text(form).time(), Ok(half_past_eight), "{form}");
    }
    assert_eq!(text("下午2点").time(), Ok(NaiveTime::from_hms_opt(14, 0, 0).unwrap()));
    assert_eq!(text("下午12:10").time(), Ok(NaiveTime::from_hms_opt(12, 10, 0).unwrap()));
    assert_eq!(Cell::Number(8.5 / 24.0).time(), Ok(half_past_eight));
    for wrong in ["", "8", "25:00", "8:60", "830", "8:30:00:00", "上午", "2024-03-05"] {
        assert!(text(wrong).time().is_err(), "{wrong}");
    }
    let local = day(2024, 3, 5).and_time(half_past_eight);
    assert_eq!(text("2024年3月5日 8时30分").moment(), Ok(Moment::Local(local)));
    assert_eq!(Cell::Number(45_356.0 + 8.5 / 24.0).moment(), Ok(Moment::Local(local)));
    let fixed = text("2024-03-05T08:30:00+08:00").moment();
    assert!(
        matches!(fixed, Ok(Moment::Fixed(at)) if at.to_utc().naive_utc() == day(2024, 3, 5).and_hms_opt(0, 30, 0).unwrap())
    );
    assert!(text("2024-03-05").moment().is_err());
}

#[test]
fn counts_and_amounts_are_read_with_separators_and_never_guessed() {
    for (form, count) in
        [("9919", 9919), ("9,919", 9919), ("９，９１９", 9919), ("1,234,567", 1_234_567), ("0", 0), ("-3", -3)]
    {
        assert_eq!(text(form).count(), Ok(count), "{form}");
    }
    assert_eq!(Cell::Number(9919.0).count(), Ok(9919));
    for wrong in ["", "1,2", "12,34", "1,2345", "9.5", "9919次", "1e3", ",123", "九", "1 234"] {
        assert!(text(wrong).count().is_err(), "{wrong}");
    }
    assert!(Cell::Number(9.5).count().is_err());
    let amounts = [
        ("12.3", 1230),
        ("¥1,234.50", 123_450),
        ("1234.50元", 123_450),
        ("-0.5", -50),
        ("57,000,000", 5_700_000_000),
        ("0", 0),
    ];
    for (form, fen) in amounts {
        assert_eq!(text(form).yuan(), Ok(Fen::new(fen)), "{form}");
    }
    assert_eq!(Cell::Number(0.1 + 0.2).yuan(), Ok(Fen::new(30)));
    for wrong in ["", "12.345", "1.", ".5", "12万", "1,2.50", "$5", "92233720368547758.08"] {
        assert!(text(wrong).yuan().is_err(), "{wrong}");
    }
    assert!(Cell::Number(12.345).yuan().is_err());
}

proptest! {
    #[test]
    fn every_day_reads_back_from_every_form(offset in 0_i64..36_525) {
        let date = day(1950, 1, 1) + chrono::TimeDelta::try_days(offset).unwrap();
        let serial = (date - day(1899, 12, 30)).num_days();
        let forms = [
            date.format("%Y-%m-%d").to_string(), date.format("%Y%m%d").to_string(), date.format("%Y.%-m.%-d").to_string(),
            date.format("%Y年%-m月%-d日").to_string(), date.format("%Y/%m/%d 14:00").to_string(), serial.to_string(),
        ];
        for form in forms {
            prop_assert_eq!(text(&form).date(), Ok(date), "{}", form);
        }
        prop_assert_eq!(Cell::Number(serial as f64 + 0.25).date(), Ok(date));
    }

    #[test]
    fn no_text_makes_a_cell_panic(raw in "\\PC{0,24}") {
        let cell = text(&raw);
        let _ = (cell.date(), cell.time(), cell.moment(), cell.count(), cell.yuan(), cell.text());
    }

    #[test]
    fn every_amount_reads_back(fen in any::<i64>()) {
        prop_assert_eq!(text(&Fen::new(fen).to_string()).yuan(), Ok(Fen::new(fen)));
    }
}
