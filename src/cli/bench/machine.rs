//! What the machine says: processes' CPU, who listens at a port, how long the disk takes. Elsewhere than on Linux it says nothing.
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Processes' times are counted in hundredths of a second.
const TICK_MICROS: u64 = 10_000;

#[expect(clippy::disallowed_methods, reason = "how long calls take is measured, not decided on")]
pub(super) fn stopwatch() -> Instant {
    Instant::now()
}

/// CPU that each of these processes has used so far, with all that it started and that still run: microseconds, user and system.
pub(super) fn cpu_micros(processes: &[u32]) -> Vec<u64> {
    let all = stats();
    let ticks = |root: &u32| {
        let mut family = BTreeSet::from([*root]);
        loop {
            let children: Vec<u32> =
                all.iter().filter(|stat| family.contains(&stat.parent)).map(|stat| stat.process).collect();
            let before = family.len();
            family.extend(children);
            if family.len() == before {
                break;
            }
        }
        all.iter().filter(|stat| family.contains(&stat.process)).map(|stat| stat.ticks).sum::<u64>() * TICK_MICROS
    };
    processes.iter().map(ticks).collect()
}

/// CPU of this process, in microseconds.
pub(super) fn own_cpu_micros() -> u64 {
    stat(std::process::id()).map_or(0, |stat| stat.ticks * TICK_MICROS)
}

struct Stat {
    process: u32,
    parent: u32,
    ticks: u64,
}

fn stats() -> Vec<Stat> {
    processes().filter_map(stat).collect()
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn stat(process: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat { process, parent: u32::try_from(number(1)?).ok()?, ticks: number(11)? + number(12)? })
}

/// The process that listens at a port of this machine.
pub(super) fn listener(port: u16) -> Option<u32> {
    const LISTENS: &str = "0A";
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let at = format!(":{port:04X}");
    let socket = tables.iter().flat_map(|table| table.lines()).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_it = fields.get(1)?.ends_with(&at) && *fields.get(3)? == LISTENS;
        is_it.then(|| format!("socket:[{}]", fields.get(9).copied().unwrap_or_default()))
    })?;
    processes().find(|process| {
        let files = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
        files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == socket.as_str()))
    })
}

/// The median time of an append of 4 KiB that is flushed to a folder's disk, in microseconds.
pub(super) fn flush_micros(folder: &Path) -> Result<u64, String> {
    const TIMES: usize = 200;
    let path = folder.join(format!(".homecoming-bench-{}", std::process::id()));
    let mut times = Vec::with_capacity(TIMES);
    let mut flush = || -> std::io::Result<()> {
        let mut file = fs::File::create_new(&path)?;
        for _ in 0..TIMES {
            let begin = stopwatch();
            file.write_all(&[7; 4096])?;
            file.sync_data()?;
            times.push(begin.elapsed());
        }
        Ok(())
    };
    let flushed = flush();
    let _ = fs::remove_file(&path); // it may never have been there
    flushed.map_err(|error| format!("{}: {error}; name another folder with --disk", folder.display()))?;
    times.sort_unstable();
    let median = times.get(TIMES / 2).map_or(0, Duration::as_micros);
    u64::try_from(median).map_err(|_| "a flush takes for ever".to_owned())
}
