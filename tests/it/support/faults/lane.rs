//! The way from clients to a server that comes and goes: one address, whose connections can be cut.
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Forwards to wherever the server is now.
pub struct Lane {
    pub address: SocketAddr,
    upstream: Arc<Mutex<SocketAddr>>,
    cutting: Arc<Notify>,
}

impl Lane {
    pub async fn to(server: SocketAddr) -> Lane {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = Arc::new(Mutex::new(server));
        let cutting = Arc::new(Notify::new());
        let (to, cut) = (Arc::clone(&upstream), Arc::clone(&cutting));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let to = *to.lock().unwrap();
                let cut = Arc::clone(&cut);
                tokio::spawn(async move {
                    tokio::select! {
                        () = forward(client, to) => {}
                        () = cut.notified() => {}
                    }
                });
            }
        });
        Lane { address, upstream, cutting }
    }

    /// From now on the server is there.
    pub fn lead_to(&self, server: SocketAddr) {
        *self.upstream.lock().unwrap() = server;
    }

    /// Cuts every connection; new ones are taken.
    pub fn cut(&self) {
        self.cutting.notify_waiters();
    }
}

/// Nobody there, or gone half way, is what clients have to live with.
async fn forward(mut client: TcpStream, to: SocketAddr) {
    if let Ok(mut server) = TcpStream::connect(to).await {
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}
