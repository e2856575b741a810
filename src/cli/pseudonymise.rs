//! `homecoming pseudonymise`: patients' identity numbers into tokens, inside the hospital, without a server.
//!
//! Numbers come from standard input or a file, never from the command line, where other users of the machine would see them. They are
//! neither logged nor said in an error: a bad one is named by its line.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};

use super::Failure;
use crate::db::chain::fresh_salt;
use crate::imports::text;
use crate::kernel::pseudonym::{self, Identifiers};

/// Lines that are named; more are counted.
const NAMED: usize = 100;

/// Arguments of `homecoming pseudonymise`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("with").required(true))]
pub struct Pseudonymise {
    /// The file with the hospital's key, readable by its owner alone; whoever has it can find persons to tokens
    #[arg(long, value_name = "FILE", group = "with")]
    key: Option<PathBuf>,
    /// Make a new key in a file that isn't there yet, and nothing else
    #[arg(long, value_name = "FILE", group = "with", conflicts_with_all = ["column", "input", "output", "any"])]
    new_key: Option<PathBuf>,
    /// The CSV column that has the numbers, by its heading: the table is written again with tokens in their place. Without it each line is one number
    #[arg(long, value_name = "HEADING")]
    column: Option<String>,
    /// Read from a file instead of standard input
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Write to a file that isn't there yet instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Take other identifiers of letters and digits too, such as a hospital's own numbers
    #[arg(long)]
    any: bool,
}

impl Pseudonymise {
    /// Writes the tokens. Where a line is bad nothing is written.
    ///
    /// # Errors
    /// Every bad line (the first hundred by number, and how many more), a key that others can read or that is too short, a file that
    /// can't be read or written.
    pub fn run(&self) -> Result<(), Failure> {
        match (&self.new_key, &self.key) {
            (Some(path), _) => make_key(path),
            (None, Some(key)) => self.convert(&read_key(key)?),
            (None, None) => Ok(()), // the group demands one of them
        }
    }

    fn convert(&self, key: &[u8]) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        match &self.input {
            Some(path) => File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(at(path))?,
            None => io::stdin().read_to_end(&mut bytes)?,
        };
        let decoded = text::decode(&bytes, None).map_err(|problem| problem.text)?;
        if let Some(problem) = decoded.problems.first() {
            return Err(format!("line {}: {}", problem.line, problem.text).into());
        }
        let taken = if self.any { Identifiers::Any } else { Identifiers::Resident };
        let mut converter = Converter { key, taken, bad: Vec::new(), bad_count: 0 };
        let written = match &self.column {
            Some(column) => converter.table(&decoded.text, column)?,
            None => converter.lines(&decoded.text),
        };
        converter.refuse_bad()?;
        match &self.output {
            Some(path) => {
                let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
                file.and_then(|mut file| file.write_all(&written)).map_err(at(path))?;
            }
            None => io::stdout().write_all(&written)?,
        }
        Ok(())
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

fn make_key(path: &Path) -> Result<(), Failure> {
    let bits = || fresh_salt().ok_or("the system has no random bits");
    let key = format!("{}{}\n", bits()?, bits()?);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let done = file.and_then(|mut file| file.write_all(key.as_bytes()).and_then(|()| file.sync_all()));
    done.map_err(at(path))?;
    eprintln!(
        "{} is a new key: keep a copy where only the hospital can reach it; without it no token can be made again",
        path.display()
    );
    Ok(())
}

fn read_key(path: &Path) -> Result<Vec<u8>, Failure> {
    let mode = fs::metadata(path).map_err(at(path))?.permissions().mode();
    if mode & 0o077 != 0 {
        let shown = path.display();
        return Err(format!("{shown} can be read by others (mode {:03o}): chmod 600 {shown}", mode & 0o777).into());
    }
    let key = fs::read(path).map_err(at(path))?.trim_ascii().to_vec();
    if key.len() < pseudonym::MIN_KEY {
        return Err(format!(
            "{}: a key has at least {} bytes: make one with --new-key",
            path.display(),
            pseudonym::MIN_KEY
        )
        .into());
    }
    Ok(key)
}

/// Turns numbers into tokens and remembers which lines are bad.
struct Converter<'a> {
    key: &'a [u8],
    taken: Identifiers,
    bad: Vec<String>,
    bad_count: usize,
}

impl Converter<'_> {
    fn token(&mut self, line: u64, identifier: &str) -> String {
        match pseudonym::normalise(identifier, self.taken) {
            Ok(normalised) => pseudonym::token(self.key, &normalised),
            Err(flaw) => {
                self.bad_count += 1;
                if self.bad.len() < NAMED {
                    self.bad.push(format!("line {line}: the identifier {}", flaw.message()));
                }
                String::new()
            }
        }
    }

    fn lines(&mut self, text: &str) -> Vec<u8> {
        let mut written = String::new();
        for (line, identifier) in (1..).zip(text.lines()) {
            written.push_str(&self.token(line, identifier));
            written.push('\n');
        }
        written.into_bytes()
    }

    /// The table with tokens in one column; all else as it was.
    fn table(&mut self, text: &str, column: &str) -> Result<Vec<u8>, Failure> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|_| "the first line isn't CSV")?.clone();
        let mut found = header.iter().enumerate().filter(|(_, heading)| heading.trim() == column);
        let place = found.next().map(|(place, _)| place).ok_or("no column has this heading")?;
        if found.next().is_some() {
            return Err("several columns have this heading".into());
        }
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        writer.write_record(&header)?;
        for record in reader.records() {
            let record = record.map_err(|error| {
                format!("line {}: the line isn't CSV", error.position().map_or(0, csv::Position::line))
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            let token = self.token(line, record.get(place).unwrap_or_default());
            let cells = record.iter().enumerate();
            writer.write_record(cells.map(|(at, cell)| if at == place { token.as_str() } else { cell }))?;
        }
        Ok(writer.into_inner().map_err(|error| error.into_error())?)
    }

    fn refuse_bad(self) -> Result<(), Failure> {
        if self.bad_count == 0 {
            return Ok(());
        }
        let more = self.bad_count - self.bad.len();
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        Err(format!("nothing was written:\n  {}{more}", self.bad.join("\n  ")).into())
    }
}
