//! The real program as a child process, for what only a process shows: signals, exit codes, `kill -9`.
use std::io::{BufRead, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::thread::{self, JoinHandle};

/// `homecoming serve` on a port that the system chose; to drop it is `kill -9`, until it is gone.
pub struct Program {
    pub address: SocketAddr,
    child: Child,
    log: Option<JoinHandle<String>>,
}

/// The program with arguments and without the surroundings' settings.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_homecoming"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("HOMECOMING_") {
            command.env_remove(variable);
        }
    }
    command
}

/// What the program says and how it ends, for commands that end by themselves.
pub fn output(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

impl Program {
    /// Serves a database, and believes every caller; returns once the port takes calls.
    ///
    /// # Panics
    /// As [`Program::guarded`].
    pub fn serve(database: &str, more: &[&str]) -> Program {
        Program::guarded(database, &[&["--open"], more].concat())
    }

    /// Serves a database to those who have a token; returns once the port takes calls.
    ///
    /// # Panics
    /// With the program's log, where it doesn't start.
    pub fn guarded(database: &str, more: &[&str]) -> Program {
        let arguments = [&["serve", "--listen", "127.0.0.1:0", "--database", database], more].concat();
        let mut child = command(&arguments).spawn().unwrap();
        let log = collect(child.stderr.take().unwrap());
        let mut greeting = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
        let address = greeting.split_once("://").and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            panic!("the program says {greeting:?} and logs:\n{}", log.join().unwrap());
        };
        Program { address, child, log: Some(log) }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Memory that it holds now, in KiB, as the kernel counts it, its own code included.
    pub fn resident_kib(&self) -> u64 {
        self.counted_kib("VmRSS:")
    }

    /// Memory that it has taken and holds now, in KiB, without what a file's mapping holds: a debug build's code is larger than all else,
    /// and the addresses that are put into its tables when it is loaded are megabytes.
    pub fn held_kib(&self) -> u64 {
        let maps = std::fs::read_to_string(format!("/proc/{}/smaps", self.id())).unwrap();
        let (mut held, mut is_of_a_file) = (0, false);
        for line in maps.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["Anonymous:", kib, _] if !is_of_a_file => held += kib.parse::<u64>().unwrap(),
                [field, ..] if field.ends_with(':') => {}
                _ => is_of_a_file = words.last().is_some_and(|path| path.starts_with('/')),
            }
        }
        held
    }

    fn counted_kib(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it ends by itself: how, and its log.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended already
        let _ = self.child.wait();
    }
}

fn collect(mut stderr: ChildStderr) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut log = String::new();
        let _ = stderr.read_to_string(&mut log); // what was read before a broken pipe is still the log
        log
    })
}
