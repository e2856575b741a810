//! A small TCP proxy before PostgreSQL that loses a commit, or the answer to it, when it is told to.
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::SeqCst};

use homecoming::db::Target;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What happens to the next commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fate {
    /// It is forwarded, and so is the answer.
    Forward,
    /// It never reaches the server.
    Swallow,
    /// The server commits, and nobody hears of it.
    LoseAnswer,
}

#[derive(Default)]
struct Plan {
    next: AtomicU8,
    cut_after: AtomicBool,
    cut: AtomicBool,
    cutting: Notify,
}

impl Plan {
    /// Takes the fate of a commit: the one after it is forwarded again.
    fn take(&self) -> Fate {
        match self.next.swap(Fate::Forward as u8, SeqCst) {
            next if next == Fate::Swallow as u8 => Fate::Swallow,
            next if next == Fate::LoseAnswer as u8 => Fate::LoseAnswer,
            _ => Fate::Forward,
        }
    }
}

/// A running proxy.
pub struct Proxy {
    address: SocketAddr,
    plan: Arc<Plan>,
}

impl Proxy {
    /// Forwards to the server of a URL.
    pub async fn before(target: &Target) -> Proxy {
        let Target::Postgres(url) = target else { panic!("only PostgreSQL is reached over TCP") };
        let upstream = place(url).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let plan = Arc::<Plan>::default();
        let shared = Arc::clone(&plan);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.cut.load(SeqCst) {
                    continue;
                }
                let server = TcpStream::connect(&upstream).await.unwrap();
                tokio::spawn(forward(client, server, Arc::clone(&shared)));
            }
        });
        Proxy { address, plan }
    }

    /// The same database, reached through the proxy.
    pub fn through(&self, target: &Target) -> Target {
        let Target::Postgres(url) = target else { panic!("only PostgreSQL is reached over TCP") };
        Target::Postgres(url.replace(place(url), &self.address.to_string()))
    }

    /// Decides what happens to the next commit.
    pub fn next_commit(&self, fate: Fate) {
        self.plan.next.store(fate as u8, SeqCst);
    }

    /// Once the next commit has met its fate, nobody gets through until [`Proxy::mend`].
    pub fn cut_after_commit(&self) {
        self.plan.cut_after.store(true, SeqCst);
    }

    /// Cuts every connection and takes no new one.
    pub fn cut(&self) {
        self.plan.cut.store(true, SeqCst);
        self.plan.cutting.notify_waiters();
    }

    /// Takes connections again.
    pub fn mend(&self) {
        self.plan.cut_after.store(false, SeqCst);
        self.plan.cut.store(false, SeqCst);
    }
}

/// `host:port` of a URL.
fn place(url: &str) -> &str {
    let rest = url.split_once("://").unwrap().1;
    let authority = rest.split_once('/').unwrap().0;
    authority.rsplit_once('@').map_or(authority, |(_, place)| place)
}

/// Forwards both ways until one side ends, or a commit meets its fate.
async fn forward(mut client: TcpStream, mut server: TcpStream, plan: Arc<Plan>) {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut losing = false;
    let lost = || {
        if plan.cut_after.load(SeqCst) {
            plan.cut.store(true, SeqCst);
            plan.cutting.notify_waiters();
        }
    };
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                if holds(&asked[..length], b"COMMIT") {
                    match plan.take() {
                        Fate::Forward => {}
                        Fate::Swallow => return lost(),
                        Fate::LoseAnswer => losing = true,
                    }
                }
                if server.write_all(&asked[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if losing && holds(&answered[..length], b"COMMIT") {
                    return lost();
                }
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
            () = plan.cutting.notified() => return,
        }
    }
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}
