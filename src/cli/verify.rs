//! `homecoming verify`: checks an exported audit, and proves a statement's text by it, without a server.
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::audit::check::{MOST_FINDINGS, shortened};
use crate::audit::{Finding, Head, Report, Verifier, file};
use crate::tallies::proof::Proof;

/// Arguments of `homecoming verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The file that `homecoming audit` wrote
    #[arg(long, value_name = "FILE")]
    audit: PathBuf,
    /// The text that `homecoming statement` wrote: one that was changed, or that no entry of the audit made, is refused
    #[arg(long, value_name = "FILE")]
    statement: Option<PathBuf>,
    /// A head that was published, as ENTRY:LINK; without one a tail that was cut off between batches can't be seen, nor a chain made anew
    #[arg(long, value_name = "ENTRY:LINK", value_parser = head)]
    head: Option<Head>,
}

fn head(text: &str) -> Result<Head, &'static str> {
    Head::parse(text).ok_or(Head::SHAPE)
}

impl Verify {
    /// Says that the file is whole and where its chain ends, and who made the statement when.
    ///
    /// # Errors
    /// Everything that is wrong, or that the file can't be read.
    pub fn run(&self) -> Result<(), Failure> {
        let unreadable = |error: std::io::Error| format!("{}: {error}", self.audit.display());
        let file = File::open(&self.audit).map_err(unreadable)?;
        let mut proof = self.statement.as_ref().map(proof).transpose()?;
        let mut verifier: Option<Verifier> = None;
        let mut unreadable_lines = 0_u64;
        let begin = |programme: &str| Verifier::new(programme, self.head.iter().cloned().collect());
        for line in BufReader::new(file).split(b'\n') {
            let line = line.map_err(unreadable)?;
            match std::str::from_utf8(&line).ok().and_then(file::read) {
                Some((recorded, hash)) => {
                    let verifier = verifier.get_or_insert_with(|| begin(&recorded.entry.programme));
                    verifier.take(&recorded, Some(&hash));
                    if let Some(proof) = &mut proof {
                        proof.take(&recorded.entry, recorded.link.as_deref());
                    }
                }
                None => {
                    unreadable_lines += 1;
                    verifier.get_or_insert_with(|| begin("")).skip_unreadable();
                }
            }
        }
        let Report { entries, head, findings } = verifier.unwrap_or_else(|| begin("")).finish();
        if findings.is_empty() && entries > 0 {
            println!("{entries} entries are whole; the head is {head}");
            return proven(proof);
        }
        if entries == 0 && unreadable_lines > 0 {
            return Err(self.not_an_audit().into());
        }
        let named = if findings.is_empty() { "it has no entry".to_owned() } else { named(&findings) };
        Err(format!("{} isn't whole:\n  {named}", self.audit.display()).into())
    }

    /// That no line of the file is an entry; what it is instead, where that can be told.
    fn not_an_audit(&self) -> String {
        let file = self.audit.display();
        let hint = match proof(&self.audit) {
            Ok(_) => "it is a statement's text, which --statement takes; --audit takes",
            Err(_) => "it must be",
        };
        format!("{file} is no exported audit, none of its lines is an entry: {hint} what `homecoming audit` wrote")
    }
}

/// More lines aren't printed.
const MOST_NAMED: usize = 20;

fn named(findings: &[Finding]) -> String {
    let short = shortened(findings);
    let mut lines: Vec<String> = short.iter().take(MOST_NAMED).map(Finding::to_string).collect();
    let (more, least) =
        (short.len().saturating_sub(MOST_NAMED), if findings.len() < MOST_FINDINGS { "" } else { "at least " });
    if more > 0 {
        lines.push(format!("and {least}{more} more"));
    }
    lines.join("\n  ")
}

fn proof(path: &PathBuf) -> Result<Proof, Failure> {
    let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Proof::of(&text).map_err(|why| format!("{}: {why}", path.display()).into())
}

fn proven(proof: Option<Proof>) -> Result<(), Failure> {
    let Some(proof) = proof else { return Ok(()) };
    let made = proof.finish()?;
    println!("{} is what entry {} made at {} for {}", made.name, made.entry, made.time.to_utc(), made.subject);
    Ok(())
}
