//! Threads for the features: however long these compute or wait, the protocol's threads stay free. Answers for a typing user go through
//! [`WorkerThreads::spawn`] and only pause at an await. Work that may wait for a disk, or for something that another thread builds, goes
//! through [`WorkerThreads::spawn_on_own_thread`].

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::AbortOnDropHandle;
use tower_lsp::jsonrpc::{Error, Result};

use super::message;
use crate::engine::{BoxFuture, Cancel, EngineError};
use crate::report::{self, Level};
use crate::syntax::STACK;

/// The threads; their owner shuts them down.
pub fn threads() -> std::io::Result<Runtime> {
    let count = std::thread::available_parallelism().map_or(2, |count| count.get()).clamp(2, 8);
    Builder::new_multi_thread().worker_threads(count).thread_name("work").thread_stack_size(STACK).enable_all().build()
}

/// Runs work on these threads. Cheap to clone.
#[derive(Clone)]
pub struct WorkerThreads {
    pub handle: Handle,
}

impl WorkerThreads {
    /// Runs a future that nobody waits for.
    pub fn spawn_detached(&self, work: BoxFuture<'static, ()>) {
        self.handle.spawn(work);
    }

    /// Runs work in the background that may wait for a disk or a program.
    pub fn spawn_blocking_detached(&self, work: impl FnOnce() + Send + 'static) {
        self.handle.spawn_blocking(work);
    }

    /// Runs a future. Dropping the returned one stops it; a panic becomes an error.
    pub fn spawn<T: Send + 'static>(&self, work: BoxFuture<'static, T>) -> BoxFuture<'static, Result<T>> {
        let task = AbortOnDropHandle::new(self.handle.spawn(work));
        Box::pin(async move { task.await.map_err(broken) })
    }

    /// [`WorkerThreads::spawn`] on a thread of its own, where it delays nobody while it blocks. Stops at its next await.
    pub fn spawn_on_own_thread<T: Send + 'static>(&self, work: BoxFuture<'static, T>) -> BoxFuture<'static, Result<T>> {
        let (handle, dropped) = (self.handle.clone(), Cancel::new());
        let guard = dropped.clone().drop_guard();
        let task = self.handle.spawn_blocking(move || handle.block_on(dropped.run_until_cancelled(work)));
        Box::pin(async move {
            let _guard = guard;
            task.await.map_err(broken)?.ok_or_else(Error::internal_error)
        })
    }
}

fn broken(error: tokio::task::JoinError) -> Error {
    report::log(Level::Error, format_args!("work failed: {error}"));
    Error::internal_error()
}

/// Waits for work, or for its cancellation from the editor's progress display.
pub async fn finished<T>(work: impl Future<Output = Result<std::result::Result<T, EngineError>>>, cancel: &Cancel) -> Result<T> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(message::request_cancelled()),
        outcome = work => outcome?.map_err(|error| message::from_engine(&error)),
    }
}
