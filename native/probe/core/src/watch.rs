//! One thread that sees every process of ours end, and reads what they write.
//!
//! The watch and the keeper are there while a process of ours is: the first one brings them, the
//! end of the last one takes them away, before anybody is told of that end.

use crate::clock;
use crate::error::{Error, Result};
use crate::keeper::Keeper;
use crate::process::{Inner, Outcome, Output};
use crate::sys::{self, Errno, Status, Sys, check};
use std::collections::HashMap;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

struct Entry {
    process: Arc<Inner>,
    pipes: [Option<OwnedFd>; 2],
}

struct Watch {
    epoll: Arc<OwnedFd>,
    /// Written to when the thread shall end without an exit to see.
    wake: Arc<OwnedFd>,
    keeper: Keeper,
    entries: HashMap<u64, Entry>,
    /// Entries, and starts that may become one.
    users: usize,
    thread: Option<thread::JoinHandle<()>>,
}

static WATCH: Mutex<Option<Watch>> = Mutex::new(None);
static NEXT: AtomicU64 = AtomicU64::new(1);

/// An event's number is an entry's key and one of these.
const PIDFD: u64 = 2;
const WAKE: u64 = 3;
const KINDS: u64 = 4;

fn lock() -> MutexGuard<'static, Option<Watch>> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The promise of one entry. Dropped unused, it is taken back.
pub(crate) struct Reservation {
    key: u64,
    used: bool,
}

/// Brings watch and keeper if they are not there.
pub(crate) fn reserve() -> Result<Reservation> {
    let mut guard = lock();
    let watch = match &mut *guard {
        Some(watch) => watch,
        None => guard.insert(Watch::begin()?),
    };
    watch.users += 1;
    Ok(Reservation { key: NEXT.fetch_add(1, Ordering::Relaxed), used: false })
}

impl Reservation {
    pub(crate) fn key(&self) -> u64 {
        self.key
    }

    /// Puts the process behind `pidfd` into the keeper's hands.
    pub(crate) fn hold(&self, pidfd: &OwnedFd) -> Result<()> {
        match &*lock() {
            Some(watch) => watch.keeper.hold(pidfd),
            None => Err(Error::ended("keeper")),
        }
    }

    pub(crate) fn watch(mut self, process: Arc<Inner>, pipes: [Option<OwnedFd>; 2]) -> Result<()> {
        let mut guard = lock();
        let Some(watch) = &mut *guard else { return Err(Error::ended("watch")) };
        let fail = |Errno(errno)| Error::refused("epoll_ctl", errno);
        let pidfd = sys::raw(&process.pidfd);
        for (kind, fd) in pipes.iter().enumerate() {
            if let Some(fd) = fd {
                add(&watch.epoll, sys::raw(fd), self.key * KINDS + kind as u64).map_err(fail)?;
            }
        }
        add(&watch.epoll, pidfd, self.key * KINDS + PIDFD).map_err(fail)?;
        watch.entries.insert(self.key, Entry { process, pipes });
        self.used = true;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.used {
            return;
        }
        let mut guard = lock();
        let Some(watch) = &mut *guard else { return };
        watch.users -= 1;
        if watch.users > 0 {
            return;
        }
        if let Some(mut watch) = guard.take() {
            let _ = sys::write(sys::raw(&watch.wake), &1u64.to_ne_bytes());
            // It ends without the lock that is held here.
            if let Some(thread) = watch.thread.take() {
                let _ = thread.join();
            }
        }
    }
}

impl Watch {
    fn begin() -> Result<Self> {
        let fail = |call: &'static str| move |Errno(errno)| Error::refused(call, errno);
        // SAFETY: numbers only; the results are fresh descriptors that we own.
        let (epoll, wake) = unsafe {
            let epoll = check(libc::epoll_create1(libc::EPOLL_CLOEXEC));
            let epoll = OwnedFd::from_raw_fd(epoll.map_err(fail("epoll_create1"))? as RawFd);
            let wake = check(libc::eventfd(0, libc::EFD_CLOEXEC));
            let wake = OwnedFd::from_raw_fd(wake.map_err(fail("eventfd"))? as RawFd);
            (Arc::new(epoll), Arc::new(wake))
        };
        add(&epoll, sys::raw(&wake), WAKE).map_err(fail("epoll_ctl"))?;
        let keeper = Keeper::start()?;
        let (its_epoll, its_wake) = (Arc::clone(&epoll), Arc::clone(&wake));
        let thread = thread::Builder::new()
            .name("hiatus-watch".into())
            .stack_size(256 * 1024)
            .spawn(move || run(its_epoll, its_wake))
            .map_err(|error| Error::io("pthread_create", &error))?;
        Ok(Self { epoll, wake, keeper, entries: HashMap::new(), users: 0, thread: Some(thread) })
    }

    /// Takes out an entry whose process has ended.
    fn end(&mut self, key: u64) -> Option<(Arc<Outcome>, Option<Status>)> {
        let mut entry = self.entries.remove(&key)?;
        self.users -= 1;
        remove(&self.epoll, sys::raw(&entry.process.pidfd));
        for kind in 0..2 {
            entry.drain(&self.epoll, kind, ROUNDS_AT_END);
            if let Some(pipe) = entry.pipes[kind].take() {
                remove(&self.epoll, sys::raw(&pipe));
            }
        }
        let status = sys::reap(sys::raw(&entry.process.pidfd)).ok();
        Some((Arc::clone(&entry.process.outcome), status))
    }
}

/// So many reads of 16 KiB at once: a process that never stops writing must not hold us up.
const ROUNDS: usize = 8;
/// More than a pipe holds.
const ROUNDS_AT_END: usize = 128;

impl Entry {
    /// Reads what is there; at the end of file the pipe is closed.
    fn drain(&mut self, epoll: &OwnedFd, kind: usize, rounds: usize) {
        let Some(pipe) = &self.pipes[kind] else { return };
        let mut buffer = [0u8; 16 * 1024];
        for _ in 0..rounds {
            match sys::read(sys::raw(pipe), &mut buffer) {
                Ok(0) => {
                    remove(epoll, sys::raw(pipe));
                    self.pipes[kind] = None;
                    return;
                }
                Ok(count) => {
                    let limit = self.process.output_limit;
                    keep(&mut self.process.outcome.state().outputs[kind], &buffer[..count], limit);
                }
                Err(_) => return,
            }
        }
    }
}

fn keep(output: &mut Output, bytes: &[u8], limit: usize) {
    let room = limit.saturating_sub(output.bytes.len()).min(bytes.len());
    output.bytes.extend_from_slice(&bytes[..room]);
    output.dropped += (bytes.len() - room) as u64;
}

/// Reads now what a process has written so far.
pub(crate) fn drain(key: u64) {
    if let Some(watch) = &mut *lock() {
        let epoll = Arc::clone(&watch.epoll);
        if let Some(entry) = watch.entries.get_mut(&key) {
            entry.drain(&epoll, 0, ROUNDS_AT_END);
            entry.drain(&epoll, 1, ROUNDS_AT_END);
        }
    }
}

fn add(epoll: &OwnedFd, fd: RawFd, number: u64) -> Sys<()> {
    let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: number };
    let epoll = sys::raw(epoll);
    // SAFETY: one event that lives through the call.
    check(unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event) }).map(drop)
}

/// Closing would not do: a child that is being started may hold a copy for a moment.
fn remove(epoll: &OwnedFd, fd: RawFd) {
    // SAFETY: numbers only, the event is not read.
    unsafe { libc::epoll_ctl(sys::raw(epoll), libc::EPOLL_CTL_DEL, fd, std::ptr::null_mut()) };
}

fn run(epoll: Arc<OwnedFd>, wake: Arc<OwnedFd>) {
    const MOST: usize = 64;
    let mut events = [libc::epoll_event { events: 0, u64: 0 }; MOST];
    loop {
        // SAFETY: the kernel writes at most the given count of events.
        let count = check(unsafe {
            libc::epoll_wait(sys::raw(&*epoll), events.as_mut_ptr(), MOST as i32, -1)
        });
        let now = clock::now();
        let count = count.unwrap_or(0) as usize;
        let mut ended = Vec::new();
        let mut last = false;
        if events[..count].iter().any(|event| event.u64 == WAKE) {
            return;
        }
        {
            let mut guard = lock();
            let Some(watch) = &mut *guard else { return };
            for event in &events[..count] {
                let (key, kind) = (event.u64 / KINDS, event.u64 % KINDS);
                if kind == PIDFD {
                    ended.extend(watch.end(key));
                } else if let Some(entry) = watch.entries.get_mut(&key) {
                    entry.drain(&epoll, kind as usize, ROUNDS);
                }
            }
            if watch.users == 0 {
                // Dropped here, under the lock: the keeper is reaped.
                last = guard.take().is_some();
            }
        }
        if last {
            drop((epoll, wake));
            ended.iter().for_each(|(outcome, status)| outcome.set_exit(*status, now));
            return;
        }
        ended.iter().for_each(|(outcome, status)| outcome.set_exit(*status, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keep_bounds_what_is_kept_and_counts_the_rest() {
        let mut output = Output::default();
        keep(&mut output, b"abc", 5);
        keep(&mut output, b"defg", 5);
        keep(&mut output, b"hi", 5);
        assert_eq!((output.bytes.as_slice(), output.dropped), (&b"abcde"[..], 4));
    }
}
