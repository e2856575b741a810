//! Runs a future on the thread that asks for it, which stays awake for a moment after each step.
//!
//! The lane and SQLite's thread hand a statement and its rows back and forth within some ten microseconds: going to sleep and being
//! woken costs either of them as much as the statement (ADR 22).
use std::hint::spin_loop;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};

/// How often a thread looks whether it was called before it goes to sleep: some 20 µs.
const LOOKS: u32 = 500;

/// What is rung when there is something to go on with.
struct Bell {
    rung: AtomicBool,
    thread: Thread,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.thread.unpark();
        }
    }
}

impl Bell {
    fn was_rung(&self) -> bool {
        self.rung.load(Ordering::Relaxed) && self.rung.swap(false, Ordering::AcqRel)
    }

    fn wait(&self) {
        for _ in 0..LOOKS {
            if self.was_rung() {
                return;
            }
            spin_loop();
        }
        while !self.was_rung() {
            thread::park();
        }
    }
}

/// Runs a future to its end.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    let bell = Arc::new(Bell { rung: AtomicBool::new(false), thread: thread::current() });
    let waker = Waker::from(Arc::clone(&bell));
    let mut future = pin!(future);
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        bell.wait();
    }
}
